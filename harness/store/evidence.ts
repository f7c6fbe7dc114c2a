import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Wire } from "#contract/bench.ts";
import type { LabError } from "#contract/errors.ts";
import type { ActorId } from "#contract/observation.ts";
import { AppendFile } from "./append-file.ts";
import { captureHeader, TcpConversation } from "./pcapng.ts";

/** Most bytes of captures that one actor may leave behind; what comes after is counted, not kept. */
const mostBytes = 64 << 20;

/** The captures of a run: one file for each actor that opens recorded connections. */
export class Evidence implements Disposable {
  readonly #directory: string;
  readonly #onFailure: (error: LabError) => void;
  readonly #nowUs: () => bigint;
  readonly #files: AppendFile[] = [];

  /** @param nowUs the time of day, microseconds since the epoch. */
  constructor(runDirectory: string, nowUs: () => bigint, onFailure: (error: LabError) => void) {
    this.#directory = join(runDirectory, "evidence");
    this.#nowUs = nowUs;
    this.#onFailure = onFailure;
    mkdirSync(this.#directory);
  }

  /** The wire of one actor; its file is made with the first connection. */
  wireFor(actor: ActorId): Wire {
    const name = `${actor.slice(actor.indexOf(":") + 1).replaceAll(/[^\w.-]/g, "-")}.pcapng`;
    const nowUs = this.#nowUs;
    let file: AppendFile | undefined;
    let streams = 0;
    let bytes = 0;
    const keep = (packets: Buffer) => {
      bytes += packets.length;
      if (bytes <= mostBytes) file?.append(packets);
    };
    return {
      open: ({ local, remote }) => {
        if (file === undefined) {
          file = new AppendFile(join(this.#directory, name), this.#onFailure);
          this.#files.push(file);
          keep(
            captureHeader(
              `${actor}: TCP connections as seatrial saw them; inside TLS and WebSocket the decrypted bytes`,
            ),
          );
        }
        const conversation = new TcpConversation(local, remote);
        const reference = { file: `evidence/${name}`, stream: streams++ };
        keep(conversation.opened(nowUs()));
        let over = false;
        return {
          reference,
          sent: (data) => keep(conversation.data(nowUs(), "us", data)),
          received: (data) => keep(conversation.data(nowUs(), "them", data)),
          closed: (how, by) => {
            if (!over) keep(conversation.closed(nowUs(), how, by));
            over = true;
          },
        };
      },
    };
  }

  [Symbol.dispose](): void {
    for (const file of this.#files) file[Symbol.dispose]();
  }
}

import { mkdirSync } from "node:fs";
import { join } from "node:path";
import type { Wire } from "#contract/bench.ts";
import type { LabError } from "#contract/errors.ts";
import type { ActorId } from "#contract/observation.ts";
import { AppendFile } from "./append-file.ts";
import { captureHeader, TcpConversation, udpDatagram } from "./pcapng.ts";

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
    const streams = { tcp: 0, udp: 0 };
    let bytes = 0;
    const keep = (packets: Buffer) => {
      bytes += packets.length;
      if (bytes <= mostBytes) file?.append(packets);
    };
    return {
      open: ({ local, remote, over }) => {
        if (file === undefined) {
          file = new AppendFile(join(this.#directory, name), this.#onFailure);
          this.#files.push(file);
          keep(
            captureHeader(
              `${actor}: connections and datagrams as seatrial saw them; inside TLS and WebSocket the decrypted bytes, of DTLS the records`,
            ),
          );
        }
        if (over === "udp") {
          return {
            reference: { file: `evidence/${name}`, stream: streams.udp++, over },
            sent: (data) => keep(udpDatagram(nowUs(), local, remote, data)),
            received: (data) => keep(udpDatagram(nowUs(), remote, local, data)),
            closed: () => {},
          };
        }
        const conversation = new TcpConversation(local, remote);
        const reference = { file: `evidence/${name}`, stream: streams.tcp++ };
        keep(conversation.opened(nowUs()));
        let isOver = false;
        return {
          reference,
          sent: (data) => keep(conversation.data(nowUs(), "us", data)),
          received: (data) => keep(conversation.data(nowUs(), "them", data)),
          closed: (how, by) => {
            if (!isOver) keep(conversation.closed(nowUs(), how, by));
            isOver = true;
          },
        };
      },
    };
  }

  [Symbol.dispose](): void {
    for (const file of this.#files) file[Symbol.dispose]();
  }
}

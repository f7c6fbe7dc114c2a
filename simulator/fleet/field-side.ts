import type { Bench, LabAddress } from "#contract/bench.ts";
import type { FieldAsk, FieldEvent } from "#contract/device.ts";
import type { Identity } from "#contract/identity.ts";
import { type CoapClient, openCoapClient } from "../coap/client.ts";
import { code, codeText, isSuccess } from "../coap/code.ts";
import type { Observation } from "../coap/observations.ts";
import { contentFormat, option, optionNumber } from "../coap/option.ts";
import type { CoapReply } from "../coap/reply.ts";
import { connectDtls } from "../dtls/connect-dtls.ts";
import type { Peer } from "../udp/datagram.ts";
import { openLocalPort } from "./local-port.ts";

/** The side of a gateway that faces the CoAP server of the devices behind it. */
export interface FieldSide extends AsyncDisposable {
  /** Begins what is asked; never throws. What comes of it is told. */
  do(ask: FieldAsk): void;
}

/** After so long without an answer the server counts as gone: with DTLS a restarted one never answers again. */
const answerWithinMs = 6_000;
/** Resources that are observed at once; more are left out. */
const mostObserved = 256;
/** Longest payload that is passed on. */
const mostBytes = 8_192;
const json = option(optionNumber.contentFormat, contentFormat.json);

/**
 * Makes the field side of one gateway; nothing is opened before it is told to. It speaks coaps where the target does and
 * `as` has a password, plain coap otherwise.
 */
export function fieldSide(
  bench: Bench,
  addresses: readonly LabAddress[],
  as: Identity,
  tell: (event: FieldEvent) => void,
): FieldSide {
  return new OpenField(bench, addresses, as, tell);
}

class OpenField implements FieldSide {
  readonly #bench: Bench;
  readonly #at: LabAddress | undefined;
  readonly #as: Identity;
  readonly #tell: (event: FieldEvent) => void;
  readonly #observed = new Map<string, Observation>();
  #client: CoapClient | undefined;
  #isOpening = false;
  #isOver = false;

  constructor(bench: Bench, addresses: readonly LabAddress[], as: Identity, tell: (event: FieldEvent) => void) {
    this.#bench = bench;
    this.#as = as;
    this.#tell = tell;
    const find = (scheme: LabAddress["scheme"]) => addresses.find((each) => each.scheme === scheme);
    this.#at = (as.password === undefined ? undefined : find("coaps")) ?? find("coap");
  }

  do(ask: FieldAsk): void {
    if (this.#isOver) return;
    switch (ask.kind) {
      case "open":
        void this.#open();
        break;
      case "read":
        void this.#request(code.get, ask.path);
        break;
      case "write":
        void this.#request(code.put, ask.path, ask.payload);
        break;
      case "observe":
        this.#observe(ask.path);
        break;
      case "forget":
        void this.#observed.get(ask.path)?.cancel();
        this.#observed.delete(ask.path);
        break;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#isOver = true;
    await this.#close();
  }

  async #open(): Promise<void> {
    if (this.#client !== undefined || this.#isOpening) return;
    this.#isOpening = true;
    try {
      const client = await this.#connect();
      if (this.#isOver) return await client[Symbol.asyncDispose]();
      this.#client = client;
      this.#tell({ kind: "up" });
    } catch (cause) {
      this.#down(cause);
    } finally {
      this.#isOpening = false;
    }
  }

  async #connect(): Promise<CoapClient> {
    const to = this.#at;
    if (to === undefined) throw new Error("the target has no CoAP address for a gateway");
    const port = await openLocalPort(0, to.host);
    if (to.scheme !== "coaps") return openCoapClient(port, this.#bench);
    const { clientId, username, password = "" } = this.#as;
    const secret = { identity: username ?? clientId, key: Buffer.from(password) };
    return openCoapClient(
      await connectDtls(port, this.#bench, { to, ...secret, withinMs: answerWithinMs }),
      this.#bench,
    );
  }

  async #request(method: number, path: string, payload?: string): Promise<void> {
    const [client, to] = [this.#client, this.#at];
    if (client === undefined || to === undefined) return;
    const body = payload === undefined ? {} : { payload, options: [json] };
    try {
      const reply = await client.request({ to: peerOf(to), code: method, path, withinMs: answerWithinMs, ...body });
      if (this.#client === client) this.#answered(path, reply);
    } catch (cause) {
      if (this.#client === client) this.#down(cause);
    }
  }

  #observe(path: string): void {
    const [client, to] = [this.#client, this.#at];
    if (client === undefined || to === undefined) return;
    if (this.#observed.has(path) || this.#observed.size >= mostObserved) return;
    const observation = client.observe({
      to: peerOf(to),
      path,
      withinMs: answerWithinMs,
      onState: (reply, sequence) => {
        if (this.#client !== client || this.#observed.get(path) !== observation) return;
        // A server with too many observers answers all the same; who asks again then polls it.
        if (sequence === undefined) this.#observed.delete(path);
        if (isSuccess(reply.code)) this.#tell({ kind: "report", path, payload: textOf(reply) });
        else this.#answered(path, reply);
      },
    });
    this.#observed.set(path, observation);
    observation.established.catch((cause: unknown) => {
      if (this.#client === client) this.#down(cause);
    });
  }

  #answered(path: string, reply: CoapReply): void {
    this.#tell({ kind: "answer", path, code: codeText(reply.code), payload: textOf(reply) });
  }

  #down(cause: unknown): void {
    void this.#close();
    if (this.#isOver) return;
    this.#tell({ kind: "down", why: cause instanceof Error ? cause.message : "lost" });
  }

  async #close(): Promise<void> {
    const client = this.#client;
    this.#client = undefined;
    this.#observed.clear();
    await client?.[Symbol.asyncDispose]();
  }
}

function peerOf({ host, port }: LabAddress): Peer {
  return { host, port };
}

function textOf({ payload }: CoapReply): string {
  return payload.length > mostBytes ? "" : payload.toString("utf8");
}

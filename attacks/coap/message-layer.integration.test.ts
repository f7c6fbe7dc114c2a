import { createSocket } from "node:dgram";
import { once } from "node:events";
import { createServer, type IncomingMessage, type OutgoingMessage } from "coap";
import { describe, expect, it } from "vitest";
import type { Attack, Ground } from "#contract/attack.ts";
import type { LabAddress } from "#contract/bench.ts";
import type { CoapResources } from "#contract/coap.ts";
import type { JsonObject } from "#contract/observation.ts";
import { codeText } from "#simulator/coap/code.ts";
import { loopback } from "#testing/bench.ts";
import { launchAlone } from "#testing/launch.ts";
import { type LibcoapServer, startLibcoap } from "#testing/libcoap.ts";
import { abandonedUpload } from "./abandoned-upload.ts";
import { blockAccess } from "./block-access.ts";
import { blockReads } from "./block-reads.ts";
import { duplicateRequest } from "./duplicate-request.ts";
import vectors from "./malformed-messages.json" with { type: "json" };
import { malformedMessages } from "./malformed-messages.ts";
import { messageIdFlood } from "./message-id-flood.ts";
import observed from "./observed-answers.json" with { type: "json" };
import { optionOverflow } from "./option-overflow.ts";
import { oversizedUpload } from "./oversized-upload.ts";
import { pendingResponses } from "./pending-responses.ts";
import { requestDelay } from "./request-delay.ts";
import { requestReplay } from "./request-replay.ts";
import { tcpAccess } from "./tcp-access.ts";
import { tcpFraming } from "./tcp-framing.ts";
import { tcpSlow } from "./tcp-slow.ts";
import { tokenAbuse } from "./token-abuse.ts";
import { unsolicitedMessages } from "./unsolicited-messages.ts";
import { uploadExhaustion } from "./upload-exhaustion.ts";
import { uploadMixing } from "./upload-mixing.ts";
import { uploadOrder } from "./upload-order.ts";

const facts = { id: "test", product: "a real CoAP server", fidelity: "emulated" } as const;

function groundAt(port: number, resources: CoapResources, listeners: readonly LabAddress[] = []): Ground {
  return { at: loopback(port, "coap"), listeners, identities: { devices: [] }, facts, resources };
}

async function verdicts(attack: Attack, ground: Ground, parameters: JsonObject = {}) {
  const record = await launchAlone(attack, ground, parameters);
  return Object.fromEntries(attack.checks.map((check) => [check.id, check.judge(record).verdict]));
}

const types = ["CON", "NON", "ACK", "RST"];

/** The first answer to one datagram from a fresh socket, as it stands in the recorded answers. */
async function answerTo(port: number, hex: string): Promise<string> {
  const socket = createSocket("udp4");
  try {
    const heard = new Promise<string>((resolve) => {
      socket.once("message", (bytes) => resolve(`${types[((bytes[0] ?? 0) >> 4) & 3]} ${codeText(bytes[1] ?? 0)}`));
    });
    socket.send(Buffer.from(hex, "hex"), port, "127.0.0.1");
    const silence = new Promise<string>((resolve) => setTimeout(() => resolve("silent"), 500));
    return await Promise.race([heard, silence]);
  } finally {
    socket.close();
  }
}

type Program = "coap-server" | "coap-rd" | "node-coap";

async function answersOf(port: number, program: Program) {
  const told = await Promise.all(
    observed.map(async (row) => {
      const send = vectors.find(({ id }) => id === row.id)?.send;
      return [row.id, typeof send === "string" ? await answerTo(port, send) : "no vector"];
    }),
  );
  const known = observed.map((row) => [row.id, row[program]]);
  return { told: Object.fromEntries(told), known: Object.fromEntries(known) };
}

interface NodeCoap extends AsyncDisposable {
  readonly port: number;
}

async function startNodeCoap(handle: (request: IncomingMessage, response: OutgoingMessage) => void): Promise<NodeCoap> {
  const server = createServer(handle);
  const socket = createSocket("udp4");
  socket.bind(0, "127.0.0.1");
  await once(socket, "listening");
  await new Promise<void>((resolve) => void server.listen(socket, () => resolve()));
  return {
    port: socket.address().port,
    [Symbol.asyncDispose]: () => new Promise<void>((resolve) => void server.close(() => resolve())),
  };
}

/** What a small device of node-coap does: a counter, a body that is kept, and an answer that takes its time. */
function startNodeDevice(): Promise<NodeCoap> {
  let count = 0;
  let body: Uint8Array = Buffer.alloc(0);
  return startNodeCoap((request, response) => {
    const { method, url } = request;
    if (url === "/counter") {
      if (method === "POST") count += 1;
      return void response.end(String(count));
    }
    if (url === "/body") {
      if (method === "PUT") {
        body = request.payload;
        response.code = "2.04";
      }
      return void response.end(method === "PUT" ? "" : Buffer.from(body));
    }
    if (url === "/slow") return void setTimeout(() => response.end("late"), 1_000);
    if (url !== "/open") response.code = "4.04";
    response.end("open");
  });
}

const device: CoapResources = {
  open: "open",
  sensitive: [],
  actuator: "body",
  counter: "counter",
  upload: "body",
  slow: "slow",
};

describe("the vectors are answered as they were when they were recorded", () => {
  const programs: readonly [LibcoapServer, Program][] = [
    ["coap-server-notls", "coap-server"],
    ["coap-rd-notls", "coap-rd"],
  ];

  it.each(programs)("by %s", async (program, name) => {
    await using server = await startLibcoap({ program, args: program === "coap-server-notls" ? ["-d", "10"] : [] });
    const { told, known } = await answersOf(server.port, name);
    expect(told).toEqual(known);
    expect(server.isRunning).toBe(true);
  });

  it("by node-coap, which answers every path", async () => {
    await using server = await startNodeCoap((_, response) => void response.end("anything"));
    const { told, known } = await answersOf(server.port, "node-coap");
    expect(told).toEqual(known);
  });
});

const brief: { readonly [id: string]: JsonObject } = {
  "coap.abandoned-upload": { forgottenWithin: "500ms" },
  "coap.message-id-flood": { requests: 2_000 },
  "coap.oversized-upload": { kibibytes: 256 },
  "coap.tcp-slow": { connections: 6, dropWithin: "1s" },
  "coap.tcp-framing": { closeWithin: "500ms" },
};

const attacks: readonly Attack[] = [
  malformedMessages,
  tokenAbuse,
  optionOverflow,
  unsolicitedMessages,
  duplicateRequest,
  requestReplay,
  requestDelay,
  messageIdFlood,
  pendingResponses,
  uploadOrder,
  uploadMixing,
  uploadExhaustion,
  oversizedUpload,
  abandonedUpload,
  blockAccess,
  blockReads,
  tcpFraming,
  tcpSlow,
  tcpAccess,
];

async function allVerdicts(ground: Ground) {
  const found: { [check: string]: string } = {};
  for (const attack of attacks) Object.assign(found, await verdicts(attack, ground, brief[attack.id]));
  return found;
}

const openToAll = {
  "malformed-messages-are-survived": "pass",
  "captured-requests-cannot-be-replayed": "fail",
  "delayed-requests-come-too-late": "fail",
  "pending-responses-are-limited": "fail",
  "high-first-blocks-are-refused": "fail",
  "bodies-of-different-uploads-do-not-mix": "pass",
  "unfinished-uploads-are-limited": "fail",
  "upload-size-is-limited": "fail",
  "abandoned-uploads-are-forgotten": "fail",
  "every-block-is-protected": "not-applicable",
};

describe("each server is judged as it behaves", () => {
  const resources: CoapResources = {
    open: ".well-known/core",
    sensitive: ["example_data"],
    actuator: "example_data",
    creatable: "made",
    large: ".well-known/core",
    upload: "example_data",
    slow: "async?1",
  };

  it("coap-server of libcoap rejects what is malformed, and runs duplicates twice", async () => {
    await using server = await startLibcoap({ program: "coap-server-notls", args: ["-d", "100"] });
    expect(await allVerdicts(groundAt(server.port, resources, [loopback(server.port, "coap+tcp")]))).toEqual({
      ...openToAll,
      // RST to a datagram of another version, which must be ignored.
      "malformed-messages-are-rejected": "fail",
      "overlong-tokens-are-rejected": "pass",
      "option-overflow-is-rejected": "pass",
      // A GET in an ACK is carried out.
      "unsolicited-messages-are-ignored": "fail",
      "duplicates-run-once": "fail",
      "remembered-ids-are-bounded": "pass",
      "uploads-are-put-together-right": "fail",
      "blocks-fit-together": "pass",
      "tcp-frames-are-checked": "pass",
      "slow-tcp-connections-are-dropped": "fail",
      "tcp-is-protected-like-udp": "fail",
    });
    expect(server.isRunning).toBe(true);
  });

  it("node-coap takes what is malformed, and runs duplicates once", async () => {
    await using server = await startNodeDevice();
    expect(await allVerdicts(groundAt(server.port, device))).toEqual({
      ...openToAll,
      "malformed-messages-are-rejected": "fail",
      "overlong-tokens-are-rejected": "fail",
      "option-overflow-is-rejected": "fail",
      "unsolicited-messages-are-ignored": "fail",
      "duplicates-run-once": "pass",
      "remembered-ids-are-bounded": "fail",
      "uploads-are-put-together-right": "pass",
      "blocks-fit-together": "not-applicable",
      "tcp-frames-are-checked": "not-applicable",
      "slow-tcp-connections-are-dropped": "not-applicable",
      "tcp-is-protected-like-udp": "not-applicable",
    });
  });

  it("coap-server of libcoap runs duplicates twice inside a DTLS session, too", async () => {
    await using server = await startLibcoap({ program: "coap-server-openssl", args: ["-d", "10", "-k", "secretPSK"] });
    const operator = { clientId: "operator", username: "operator", password: "secretPSK" };
    const ground = {
      ...groundAt(server.port, resources, [loopback(server.port + 1, "coaps")]),
      identities: { operator, devices: [] },
    };
    expect(await verdicts(duplicateRequest, ground)).toEqual({ "duplicates-run-once": "fail" });
    const record = await launchAlone(requestDelay, ground);
    expect(requestDelay.checks[0]?.judge(record).says).toContain(
      "a DTLS record that was held back was still carried out",
    );
  });

  it("coap-rd of libcoap answers a block behind the end with the whole", async () => {
    await using server = await startLibcoap({ program: "coap-rd-notls" });
    const ground = groundAt(server.port, { sensitive: [], large: ".well-known/core" });
    expect(await verdicts(blockReads, ground)).toEqual({ "blocks-fit-together": "fail" });
  });
});

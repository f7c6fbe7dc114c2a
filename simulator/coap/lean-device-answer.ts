import { code } from "./code.ts";
import { roughTextsOf } from "./fields.ts";
import type { LeanManner } from "./lean-device-request.ts";
import { encode, type Message, messageType } from "./message.ts";
import { contentFormat, option, optionNumber } from "./option.ts";

const none: Buffer = Buffer.alloc(0);

/** What a device answers when its server asks it something; undefined where it answers nobody. */
export function answerOf(asked: Message, { answers }: LeanManner, freshId: () => number): Buffer | undefined {
  if (answers === undefined) return undefined;
  const path = roughTextsOf(asked.options, optionNumber.uriPath).join("/");
  const text = Object.hasOwn(answers, path) ? answers[path] : undefined;
  const isRead = asked.code === code.get && text !== undefined;
  const isCon = asked.type === messageType.con;
  return encode({
    type: isCon ? messageType.ack : messageType.non,
    code: isRead ? code.content : text === undefined ? code.notFound : code.methodNotAllowed,
    messageId: isCon ? asked.messageId : freshId(),
    token: asked.token,
    options: isRead ? [option(optionNumber.contentFormat, contentFormat.text)] : [],
    payload: isRead ? Buffer.from(text) : none,
  });
}

import type { Target } from "#contract/target.ts";
import { embedded } from "./embedded.ts";
import { embeddedCoap } from "./embedded-coap.ts";
import { joinedTarget } from "./joined/joined-target.ts";

/** Both systems that come with seatrial, as a home has them: what runs between the two is a gateway in the fleet. */
export const embeddedHome: Target = joinedTarget([embedded, embeddedCoap], {
  id: "embedded-home",
  title: "The broker and the CoAP device server that come with seatrial, with the same identities",
});

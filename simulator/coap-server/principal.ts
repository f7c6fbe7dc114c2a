/** Who a request comes from, and how much it may do before any resource is asked. */
export interface Principal {
  /** The PSK identity, or `address:port` without DTLS: what registrations belong to. */
  readonly name: string;
  /** What limits are counted by: the PSK identity, or the address. */
  readonly countedAs: string;
  /** Whether it proved its name by a key. */
  readonly isAuthenticated: boolean;
  /** `staff` may do everything, a `device` what is its own, a `stranger` what is public. */
  readonly role: "staff" | "device" | "stranger";
}

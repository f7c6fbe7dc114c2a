import type { Principal } from "./principal.ts";

/** Counts the client ids that are connected with each account. */
export interface AccountSeats {
  /** False where the account has as many as it may; a client id that is there already takes its own seat again. */
  take(principal: Principal): boolean;
  leave(principal: Principal): void;
}

/** @param most client ids for each account, and for all clients without one; 0 for no limit. Staff is never refused. */
export function accountSeats(most: number): AccountSeats {
  const seats = new Map<string | undefined, Map<string, number>>();
  return {
    take({ account, clientId, staff }) {
      const ids = seats.get(account) ?? new Map<string, number>();
      if (most > 0 && !staff && ids.size >= most && !ids.has(clientId)) return false;
      seats.set(account, ids.set(clientId, (ids.get(clientId) ?? 0) + 1));
      return true;
    },
    leave({ account, clientId }) {
      const ids = seats.get(account);
      const count = ids?.get(clientId) ?? 0;
      if (count > 1) ids?.set(clientId, count - 1);
      else ids?.delete(clientId);
      if (ids?.size === 0) seats.delete(account);
    },
  };
}

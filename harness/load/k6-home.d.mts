/** The version of k6 that loads are written for and tried with. */
export const k6Version: string;

/**
 * Full path of the k6 that `npm run setup:k6` builds; nothing says that it is there yet. It lies in the user's cache, so
 * that one build serves every checkout.
 */
export function k6Home(environment: Readonly<Record<string, string | undefined>>): string;

/** What building, saving and loading images may touch: nothing comes from elsewhere. */
export interface Workshop {
  /** Of the programs that are run; `PATH` is what finds them. */
  readonly environment: NodeJS.ProcessEnv;
  /** The effective user: 0 is root; undefined where the system knows no such numbers. */
  readonly user: number | undefined;
  /** Full path of where `npm run setup:k6` puts k6. */
  readonly k6: string;
  /** Aborts with a LabError when the user ends the command; what was begun is taken back. */
  readonly signal: AbortSignal;
  /** A clock that only goes forward, milliseconds. */
  readonly nowMs: () => number;
  /** Says what has been done, to a person. */
  readonly say: (text: string) => void;
  /** Says what is going on right now; replaced by the next one. */
  readonly live: (text: string) => void;
}

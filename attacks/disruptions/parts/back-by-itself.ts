/**
 * What is lifted once `back` resolves. An error is kept for the one who lifts, so that it is never an unhandled
 * rejection while the disruption lasts.
 */
export function backByItself(back: Promise<void>): AsyncDisposable {
  const ended = back.then(
    () => undefined,
    (cause: unknown) => ({ cause }),
  );
  return {
    async [Symbol.asyncDispose]() {
      const failed = await ended;
      if (failed) throw failed.cause;
    },
  };
}

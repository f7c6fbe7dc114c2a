/** Lifts something that was imposed; however often it is asked to, it does so once. */
export function liftedOnce(lift: () => Promise<void>): AsyncDisposable {
  let lifted: Promise<void> | undefined;
  return {
    [Symbol.asyncDispose]() {
      lifted ??= lift();
      return lifted;
    },
  };
}

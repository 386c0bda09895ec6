/**
 * libp2p 3 calls `Promise.withResolvers` (ES2024), which Node 20 lacks. Import this file before any libp2p module;
 * delete it when Node 22 becomes the floor.
 */
Promise.withResolvers ??= function withResolvers<T>(): PromiseWithResolvers<T> {
  let resolve!: PromiseWithResolvers<T>['resolve'];
  let reject!: PromiseWithResolvers<T>['reject'];
  const promise = new Promise<T>((onResolve, onReject) => {
    resolve = onResolve;
    reject = onReject;
  });
  return { promise, resolve, reject };
};

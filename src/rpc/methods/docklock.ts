import { NO_DOCUMENT } from '../../types/operations/docklock.ts';
import { ActionItemType, ActionProofType } from '../../types/proofs/action.ts';
import { FIRST_TIP, NO_USAGE } from '../../types/step-receipt.ts';
import type { Handlers } from '../dispatcher.ts';
import { rpcError } from '../errors.ts';
import { pageOf } from '../paging.ts';
import type { AppView, ContainerView, ImageView } from '../ports/docklock.ts';
import type { RpcPorts } from '../ports/rpc-ports.ts';
import type { docklockMethods } from '../schema/docklock.ts';
import { proveInSection } from '../section-proof.ts';
import { addressText, hash0x, rfc3339 } from '../text-forms.ts';

export function docklockHandlers({ chain, docklock }: RpcPorts): Handlers<typeof docklockMethods> {
  const height = () => chain.head().height;
  const existingApp = (id: string): AppView => {
    const app = docklock.app(id);
    if (app === undefined)
      throw rpcError('APP_NOT_FOUND', `there is no app ${hash0x(id)}`, {
        data: { app: id },
        hint: 'docklock_listApps has all',
      });
    return app;
  };

  return {
    docklock_getImage: ({ digest }) => {
      const image = docklock.image(digest);
      if (image === undefined)
        throw rpcError('IMAGE_NOT_FOUND', `there is no image ${hash0x(digest)}`, {
          data: { digest },
          hint: 'docklock_listImages has all',
        });
      return { height: height(), image: imageView(image) };
    },

    docklock_listImages: ({ registrant, ...page }) => ({
      height: height(),
      ...pageOf(
        docklock.images().filter((image) => registrant === undefined || image.registrant === registrant),
        page,
        imageView,
      ),
    }),

    docklock_getApp: ({ app }) => ({ height: height(), app: appView(existingApp(app)) }),

    docklock_listApps: ({ owner, ...page }) => ({
      height: height(),
      ...pageOf(
        docklock.apps().filter((app) => owner === undefined || app.owner === owner),
        page,
        appView,
      ),
    }),

    docklock_getContainer: ({ app, replica }) => {
      const { replicas } = existingApp(app);
      const container = docklock.container(app, replica);
      if (container === undefined && replica >= replicas)
        throw rpcError('CONTAINER_NOT_FOUND', `the app has ${replicas} replicas`, { data: { app, replica } });
      return {
        height: height(),
        container: container === undefined ? pendingView(app, replica) : containerView(container),
      };
    },

    docklock_listContainers: ({ app, node, state, ...page }) => ({
      height: height(),
      ...pageOf(
        docklock
          .containers()
          .filter(
            (container) =>
              (app === undefined || container.app === app) &&
              (node === undefined || container.node === node) &&
              (state === undefined || container.state === state),
          ),
        page,
        containerView,
      ),
    }),

    docklock_getProofOfAction: async ({ txId }) => {
      const types = { ledger: 'docklock', item: ActionItemType, proof: ActionProofType } as const;
      const { view, item, proof } = await proveInSection(chain, types, txId);
      return {
        ...view,
        item: ActionItemType.toJson(item) as never,
        proof: ActionProofType.toJson(proof) as never,
      };
    },

    docklock_runtimes: async () => ({
      runtimes: (await docklock.runtimes()).map(({ name, version, fault }) => ({
        name,
        available: fault === undefined,
        version: version ?? null,
        reason: fault?.code ?? null,
        message: fault?.message ?? null,
      })),
    }),
  };
}

function imageView({ digest, registrant, mediaType, size, provenanceHash }: ImageView) {
  return {
    digest: hash0x(digest),
    registrant: addressText(registrant),
    mediaType,
    size,
    provenanceHash: hash0x(provenanceHash),
  };
}

function documentView(hash: string): string | null {
  return hash === NO_DOCUMENT ? null : hash0x(hash);
}

function appView(view: AppView) {
  const { app, owner, desiredSinceMs, image, policy, seccomp, limits, ...rest } = view;
  return {
    ...rest,
    app: hash0x(app),
    owner: addressText(owner),
    desiredSince: rfc3339(desiredSinceMs),
    image: hash0x(image),
    limits: { ...limits },
    policy: documentView(policy),
    seccomp: documentView(seccomp),
  };
}

function containerView(container: ContainerView) {
  const { app, replica, state, node, generation, exitCode, sequence, tip, usage, sinceMs, lastBatchMs } =
    container;
  const hasEnded = state === 'stopped' || state === 'DELETED';
  return {
    app: hash0x(app),
    replica,
    state,
    node: hash0x(node),
    generation,
    exitCode: hasEnded ? exitCode : null,
    sequence,
    tip: hash0x(tip),
    usage: { ...usage },
    since: rfc3339(sinceMs),
    lastReport: rfc3339(lastBatchMs),
  };
}

/** A replica that no node has reported. */
function pendingView(app: string, replica: number) {
  return {
    app: hash0x(app),
    replica,
    state: 'PENDING' as const,
    node: null,
    generation: 0,
    exitCode: null,
    sequence: 0,
    tip: hash0x(FIRST_TIP),
    usage: { ...NO_USAGE },
    since: null,
    lastReport: null,
  };
}

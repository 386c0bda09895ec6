import type { Client } from '../../client/client.ts';
import { signImage } from '../../client/image-provenance.ts';
import type { Receipt, TransactionSender } from '../../client/transaction-sender.ts';
import type { KeyPair } from '../../crypto/ed25519.ts';
import type { MethodResult } from '../../rpc/schema/methods.ts';
import type { RootfsImage } from '../../runtime/rootfs-image.ts';
import { SECCOMP_PROFILE_HASH } from '../../runtime/seccomp-profile.ts';
import { encodeOperation } from '../../types/operations/catalog.ts';
import { appId } from '../../types/operations/cluster.ts';
import { type ContainerLimits, DOCKLOCK, NO_DOCUMENT } from '../../types/operations/docklock.ts';
import type { Operation } from '../../types/transaction.ts';
import { errorCode, NodeError } from '../../util/errors.ts';

export type AppState = MethodResult<'docklock_getApp'>['app'];
export type ContainerState = MethodResult<'docklock_getContainer'>['container'];

/** What the chain has to know before a container of it can run. */
export interface WantedApp {
  readonly name: string;
  readonly replica: number;
  readonly image: RootfsImage;
  readonly limits: ContainerLimits;
  /** Hosts that it may reach; none: no network. */
  readonly hosts: readonly string[];
}

export interface PreparedApp {
  readonly app: string;
  readonly generation: number;
  /** The replica as it stood before; its chain goes on from there. */
  readonly container: ContainerState;
  readonly receipts: readonly Receipt[];
}

const { operations } = DOCKLOCK;
const BUILD_TYPE = 'https://metanode.dev/rootfs-directory/v1';
const BUILDER = 'https://metanode.dev/cli';

/** The registration of the image of a root file system, signed by those who may vouch for images. */
export function registrationOf(image: RootfsImage, name: string, signers: readonly KeyPair[]): Operation {
  const origin = { ...image, name, buildType: BUILD_TYPE, builder: BUILDER };
  return encodeOperation(operations.ImageRegister, signImage(origin, signers));
}

/**
 * Does on the chain what is missing, in one transaction: registers the image, deploys the app or brings it to the
 * wanted image and limits, and starts it.
 * @throws NodeError IMAGE_NOT_REGISTERED, APP_DELETED, APP_DIFFERS, CONTAINER_RUNNING, CONTAINER_DELETED, REFUSED,
 *   FAILED_RECEIPT
 */
export async function prepareApp(
  sender: TransactionSender,
  node: KeyPair,
  wanted: WantedApp,
  imageSigners: readonly KeyPair[],
): Promise<PreparedApp> {
  const { client } = sender;
  const app = appId(sender.address, wanted.name);
  const before = await found(client.call('docklock_getApp', { app: `0x${app}` }), 'APP_NOT_FOUND');
  const missing: Operation[] = [];
  if (!(await isRegistered(client, wanted.image.digest))) missing.push(registration(wanted, imageSigners));
  if (before === undefined) missing.push(...deployment(app, wanted));
  else {
    const container = await containerOf(client, app, wanted.replica);
    assertCanRunAgain(before.app, container, node, wanted);
    missing.push(...changes(app, before.app, container, node, wanted));
  }
  const receipts = missing.length === 0 ? [] : [await sender.send('docklock', missing)];
  const { generation } = (await client.call('docklock_getApp', { app: `0x${app}` })).app;
  return { app, generation, container: await containerOf(client, app, wanted.replica), receipts };
}

async function containerOf(client: Client, app: string, replica: number): Promise<ContainerState> {
  return (await client.call('docklock_getContainer', { app: `0x${app}`, replica })).container;
}

/** The answer, or undefined if it is that there is no such thing. */
async function found<T>(answer: Promise<T>, missing: string): Promise<T | undefined> {
  try {
    return await answer;
  } catch (error) {
    if (errorCode(error) === missing) return undefined;
    throw error;
  }
}

async function isRegistered(client: Client, digest: string): Promise<boolean> {
  return (
    (await found(client.call('docklock_getImage', { digest: `0x${digest}` }), 'IMAGE_NOT_FOUND')) !==
    undefined
  );
}

function registration({ image, name }: WantedApp, signers: readonly KeyPair[]): Operation {
  if (signers.length === 0)
    throw new NodeError(
      'IMAGE_NOT_REGISTERED',
      `the image 0x${image.digest} is not registered on this chain`,
      {
        data: { digest: image.digest },
        hint: 'name the key files of its signers with --image-signer, or have it registered: metanode docklock image register',
      },
    );
  return registrationOf(image, name, signers);
}

function deployment(app: string, { name, replica, image, limits, hosts }: WantedApp): Operation[] {
  const deploy = {
    name,
    image: image.digest,
    replicas: replica + 1,
    limits,
    policy: NO_DOCUMENT,
    seccomp: SECCOMP_PROFILE_HASH,
    network: hosts.length === 0 ? ('none' as const) : ('allowlist' as const),
    allowlist: [...hosts],
    readOnlyRoot: true,
    deterministic: false,
  };
  return [
    encodeOperation(operations.Deploy, deploy),
    encodeOperation(operations.Start, { app, expectedGeneration: 1 }),
  ];
}

function assertCanRunAgain(app: AppState, container: ContainerState, node: KeyPair, wanted: WantedApp): void {
  if (app.desired === 'deleted')
    throw new NodeError('APP_DELETED', `the app ${wanted.name} was deleted`, { hint: 'choose another name' });
  if ((app.network === 'none') !== (wanted.hosts.length === 0))
    throw new NodeError('APP_DIFFERS', `the app ${wanted.name} was deployed with network ${app.network}`, {
      hint: 'choose another name, or the network that it was deployed with',
    });
  if (container.node !== `0x${node.publicKey}`) return;
  if (container.state !== 'stopped' && container.state !== 'DELETED' && container.state !== 'PENDING')
    throw new NodeError(
      'CONTAINER_RUNNING',
      `replica ${wanted.replica} of ${wanted.name} is ${container.state}`,
      {
        hint: 'end that run first, or choose another replica',
      },
    );
  if (container.state === 'DELETED')
    throw new NodeError('CONTAINER_DELETED', `replica ${wanted.replica} of ${wanted.name} ended for good`, {
      hint: 'choose another replica or another app',
    });
}

/** Brings an app to what is wanted now. A container of this node that has ended runs again only in a new generation. */
function changes(
  app: string,
  state: AppState,
  container: ContainerState,
  node: KeyPair,
  { image, limits, replica }: WantedApp,
): Operation[] {
  const changed: Operation[] = [];
  const next = () => ({ app, expectedGeneration: state.generation + changed.length });
  const hasOtherLimits = (['cpuMilli', 'memoryMib', 'diskMib', 'pids'] as const).some(
    (name) => limits[name] !== state.limits[name],
  );
  const hasOtherImage = state.image !== `0x${image.digest}`;
  if (hasOtherImage || hasOtherLimits)
    changed.push(
      encodeOperation(operations.Update, {
        ...next(),
        image: hasOtherImage ? [image.digest] : [],
        limits: hasOtherLimits ? [limits] : [],
      }),
    );
  if (replica >= state.replicas) {
    changed.push(encodeOperation(operations.Scale, { ...next(), replicas: replica + 1 }));
  }
  const hasRun = container.node === `0x${node.publicKey}` && container.generation === state.generation;
  if (state.desired !== 'running' || (hasRun && changed.length === 0))
    changed.push(encodeOperation(operations.Start, next()));
  return changed;
}

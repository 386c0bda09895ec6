import { ContainerType, ListCompositeType, type ValueOf } from '@chainsafe/ssz';
import { bech32m } from '@scure/base';
import { fromHex, toHex } from '../util/bytes.ts';
import { NodeError } from '../util/errors.ts';
import { LIMITS } from '../util/limits.ts';
import { decode, encode } from './ssz.ts';
import { Bytes, Hash32, Text } from './ssz-bytes.ts';
import { SafeU64, U8 } from './ssz-numbers.ts';

const SWARM_KEY_BYTES = 32;
/** Salt, nonce, ciphertext and tag. */
const SEALED_BYTES = 32 + 12 + SWARM_KEY_BYTES + 16;

/**
 * What a machine needs to join a chain: which chain it is, and peers that let it in. `swarmKey` is empty, or the 32
 * bytes of the key of a private network, in the clear or in `sealedSwarmKey` under a passphrase. An invite that holds
 * them in the clear is a secret.
 */
const InviteType = new ContainerType({
  version: U8,
  chainId: SafeU64,
  genesisHash: Hash32,
  /** Wall time in milliseconds until which it is taken. */
  expiresMs: SafeU64,
  addresses: new ListCompositeType(Text(LIMITS.maxMultiaddrBytes), LIMITS.maxAddressesPerPeer),
  swarmKey: Bytes(SWARM_KEY_BYTES),
  sealedSwarmKey: Bytes(SEALED_BYTES),
});
export type Invite = Omit<ValueOf<typeof InviteType>, 'version'>;

export type InviteErrorCode =
  | 'MALFORMED_INVITE'
  | 'MALFORMED_SWARM_KEY'
  | 'INVITE_EXPIRED'
  | 'PASSPHRASE_REQUIRED'
  | 'WRONG_PASSPHRASE';

const PREFIX = 'mninv';
const VERSION = 2;
const MAX_INVITE_BYTES = 80 + SEALED_BYTES + LIMITS.maxAddressesPerPeer * (LIMITS.maxMultiaddrBytes + 4) + 64;
/** Prefix, separator, five bits a character, checksum. */
const MAX_INVITE_CHARACTERS = PREFIX.length + 1 + Math.ceil((MAX_INVITE_BYTES * 8) / 5) + 6;

/** What the passphrase of a sealed swarm key binds it to: everything else that the invite says. */
export function openPartOf(invite: Invite): Uint8Array {
  const nothing = new Uint8Array();
  return encode(InviteType, { ...invite, version: VERSION, swarmKey: nothing, sealedSwarmKey: nothing });
}

/** One line of bech32m text (BIP 350), `mninv1…`: its checksum catches what is lost when it is copied. */
export function inviteToText(invite: Invite): string {
  const bytes = encode(InviteType, { version: VERSION, ...invite });
  return bech32m.encode(PREFIX, bech32m.toWords(bytes), false);
}

/** @throws NodeError MALFORMED_INVITE for a wrong prefix, checksum, length or version, or an invite without addresses */
export function inviteFromText(text: string): Invite {
  try {
    const { prefix, words } = bech32m.decode(text.trim() as `${string}1${string}`, MAX_INVITE_CHARACTERS);
    if (prefix !== PREFIX) throw new RangeError(`prefix ${prefix}`);
    const { version, ...invite } = decode(InviteType, bech32m.fromWords(words), 'invite');
    if (version !== VERSION) throw new RangeError(`version ${version}`);
    const { swarmKey, sealedSwarmKey } = invite;
    if (![0, SWARM_KEY_BYTES].includes(swarmKey.length)) throw new RangeError('swarm key');
    if (![0, SEALED_BYTES].includes(sealedSwarmKey.length)) throw new RangeError('sealed swarm key');
    if (swarmKey.length + sealedSwarmKey.length > SEALED_BYTES) throw new RangeError('two swarm keys');
    if (invite.addresses.length === 0) throw new RangeError('no addresses');
    return invite;
  } catch (cause) {
    throw new NodeError<InviteErrorCode>('MALFORMED_INVITE', `not an invite: ${text.slice(0, 40)}`, {
      hint: 'an invite is one line that begins with mninv1, as `metanode invite create` prints it; copy it whole',
      cause,
    });
  }
}

/** @throws NodeError INVITE_EXPIRED */
export function assertFresh({ expiresMs }: Invite, nowMs: number): void {
  if (nowMs <= expiresMs) return;
  throw new NodeError<InviteErrorCode>(
    'INVITE_EXPIRED',
    `the invite ended at ${new Date(expiresMs).toISOString()}`,
    {
      data: { expiresMs, nowMs },
      hint: 'ask for a new one (`metanode invite create`), or set the clock of this machine if it is wrong',
    },
  );
}

const SWARM_KEY_FILE = /^\/key\/swarm\/psk\/1\.0\.0\/\r?\n\/base16\/\r?\n([0-9a-fA-F]{64})\s*$/;

/** The key in a swarm key file of libp2p. @throws NodeError MALFORMED_SWARM_KEY */
export function swarmKeyFromFile(text: string): Uint8Array {
  const match = SWARM_KEY_FILE.exec(text);
  if (match === null)
    throw new NodeError<InviteErrorCode>('MALFORMED_SWARM_KEY', 'not a swarm key file', {
      hint: 'its lines are /key/swarm/psk/1.0.0/, /base16/ and 64 hex digits',
    });
  return fromHex((match[1] as string).toLowerCase());
}

/** The text of the file that libp2p reads. */
export function swarmKeyToFile(key: Uint8Array): string {
  return `/key/swarm/psk/1.0.0/\n/base16/\n${toHex(key)}\n`;
}

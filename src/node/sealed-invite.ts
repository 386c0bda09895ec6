import {
  DEFAULT_SCRYPT,
  NONCE_BYTES,
  openSecret,
  SALT_BYTES,
  sealSecret,
  TAG_BYTES,
} from '../crypto/password-box.ts';
import { type Invite, type InviteErrorCode, openPartOf } from '../types/invite.ts';
import { concatBytes } from '../util/bytes.ts';
import { NodeError } from '../util/errors.ts';

/** The invite with its swarm key under a passphrase. */
export async function sealInvite(invite: Invite, passphrase: string): Promise<Invite> {
  const { salt, nonce, ciphertext, tag } = await sealSecret(
    invite.swarmKey,
    passphrase,
    DEFAULT_SCRYPT,
    (used) => concatBytes(openPartOf(invite), used),
  );
  const sealedSwarmKey = concatBytes(salt, nonce, ciphertext, tag);
  return { ...invite, swarmKey: new Uint8Array(), sealedSwarmKey };
}

/**
 * The invite with its swarm key in the clear.
 * @throws NodeError PASSPHRASE_REQUIRED, WRONG_PASSPHRASE
 */
export async function openInvite(invite: Invite, passphrase: string | undefined): Promise<Invite> {
  const { sealedSwarmKey: sealed } = invite;
  if (sealed.length === 0) return invite;
  if (passphrase === undefined)
    throw new NodeError<InviteErrorCode>(
      'PASSPHRASE_REQUIRED',
      'the swarm key of this invite is under a passphrase',
      {
        hint: 'write it to a file and give --passphrase-file <file>; who made the invite knows it',
      },
    );
  const salt = sealed.slice(0, SALT_BYTES);
  const rest = sealed.slice(SALT_BYTES);
  const box = {
    salt,
    nonce: rest.slice(0, NONCE_BYTES),
    ciphertext: rest.slice(NONCE_BYTES, rest.length - TAG_BYTES),
    tag: rest.slice(rest.length - TAG_BYTES),
  };
  try {
    const swarmKey = await openSecret(box, passphrase, DEFAULT_SCRYPT, concatBytes(openPartOf(invite), salt));
    return { ...invite, swarmKey, sealedSwarmKey: new Uint8Array() };
  } catch (cause) {
    throw new NodeError<InviteErrorCode>('WRONG_PASSPHRASE', 'the passphrase does not open this invite', {
      hint: 'check the passphrase, and that the invite was copied whole',
      cause,
    });
  }
}

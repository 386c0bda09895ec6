import { signKeyRotate, signValJoin, type ValidatorKeys } from '../../src/client/bpci-operations.ts';
import { vrfKeyPairFromSeed } from '../../src/crypto/vrf.ts';
import { MICRO } from '../../src/types/names.ts';
import { BPCI } from '../../src/types/operations/bpci.ts';
import { encodeOperation } from '../../src/types/operations/catalog.ts';
import { ECONOMY } from '../../src/types/operations/economy.ts';
import { BOND_PURPOSE } from '../../src/types/operations/settlement-messages.ts';
import type { Address, Hash } from '../../src/types/ssz-bytes.ts';
import type { Operation } from '../../src/types/transaction.ts';
import type { ValidatorIdentity } from '../../testnet/identities.ts';

/** The operations with which validators change the set, as their owners would sign them. */

export function keysOf({ consensus, vrf }: ValidatorIdentity): ValidatorKeys {
  return { consensus, vrf: vrfKeyPairFromSeed(vrf.seed) };
}

/** Locks the bond with which an account joins. */
export function bondOperation(ref: Hash): Operation {
  const bond = { ledger: 'bpci', purpose: BOND_PURPOSE, ref, token: 'GEN', amount: 100n * MICRO } as const;
  return encodeOperation(ECONOMY.operations.Lock, bond);
}

export function joinOperation(genesisHash: Hash, joining: ValidatorIdentity, bondRef: Hash): Operation {
  const value = signValJoin(genesisHash, joining.account.address, keysOf(joining), bondRef);
  return encodeOperation(BPCI.operations.ValJoin, value);
}

/** `nonce` is that of the transaction. */
export function rotateOperation(
  genesisHash: Hash,
  nonce: bigint,
  from: ValidatorIdentity,
  to: ValidatorIdentity,
): Operation {
  const rotation = { validator: from.account.address, nonce };
  const value = signKeyRotate(genesisHash, rotation, from.consensus, keysOf(to));
  return encodeOperation(BPCI.operations.KeyRotate, value);
}

export function leaveOperation(validator: Address): Operation {
  return encodeOperation(BPCI.operations.ValLeave, { validator });
}

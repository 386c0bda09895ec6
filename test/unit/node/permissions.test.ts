import assert from 'node:assert/strict';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { Permissions } from '../../../src/node/permissions.ts';
import { addressToText } from '../../../src/types/address.ts';
import { LIMITS } from '../../../src/util/limits.ts';
import { ChainWorld } from '../../support/chain.ts';
import { ExecutingRpc } from '../../support/executing-rpc.ts';
import { useTemporaryDirectory } from '../../support/temporary-directory.ts';

const [ONE, TWO, THREE] = [
  '12D3KooWGRUfh3kPmoBjDkJ3GgUBYNsbxBBmCBBB7ZpRZ1x5Dfnd',
  '12D3KooWPjceQrSwdWXPyLLeABRXmuqt69Rg3sBYbU1Nft9HyQ6X',
  '12D3KooWH3uVF6wv47WnArKHk5p6cvgCJEb74UTmxztmQDc298L3',
] as const;

describe('The permissions of a node', () => {
  const directory = useTemporaryDirectory();
  const open = async (text: string) => {
    writeFileSync(directory.join('allow.yaml'), text);
    return await Permissions.open(directory.join('allow.yaml'));
  };
  const written = () => readFileSync(directory.join('allow.yaml'), 'utf8');

  it('keep nobody out without a file, and have no list then that could be changed', async () => {
    const permissions = await Permissions.open(undefined);
    assert.ok(permissions.isNodeAllowed(ONE) && permissions.isAccountAllowed('11'.repeat(32)));
    await assert.rejects(permissions.addNodes([ONE]), { code: 'ALLOWLIST_ABSENT' });
    await assert.rejects(permissions.reload(), { code: 'ALLOWLIST_ABSENT' });
  });

  it('change the file first, keep its comments, and hold at once and after a restart', async () => {
    const permissions = await open(`# operators\nnodes:\n  - ${ONE} # Berlin\n`);
    let changes = 0;
    permissions.onChange(() => changes++);
    assert.deepEqual(await permissions.addNodes([TWO, ONE, TWO]), [TWO]);
    assert.equal(written(), `# operators\nnodes:\n  - ${ONE} # Berlin\n  - ${TWO}\n`);
    assert.ok(permissions.isNodeAllowed(TWO) && !permissions.isNodeAllowed(THREE));
    assert.deepEqual(await permissions.removeNodes([TWO, THREE]), [TWO]);
    assert.equal(permissions.isNodeAllowed(TWO), false);
    assert.equal(changes, 2);
    assert.deepEqual((await Permissions.open(directory.join('allow.yaml'))).nodes(), [ONE]);
  });

  it('lose none of several changes at once', async () => {
    const permissions = await open('nodes: []\n');
    await Promise.all([ONE, TWO, THREE].map((id) => permissions.addNodes([id])));
    assert.deepEqual(permissions.nodes(), [ONE, TWO, THREE]);
    assert.deepEqual((await Permissions.open(directory.join('allow.yaml'))).nodes(), [ONE, TWO, THREE]);
  });

  it('stay as they were when a change is too much, or the file cannot be read or written', async () => {
    const permissions = await open(`nodes: [${ONE}]\n`);
    const before = written();
    await assert.rejects(permissions.addAccounts(['11'.repeat(32)]), { code: 'ALLOWLIST_ABSENT' });
    await assert.rejects(permissions.addNodes(['12D3KooW']), { code: 'ALLOWLIST_MALFORMED' });
    mkdirSync(directory.join('allow.yaml.new'));
    await assert.rejects(permissions.addNodes([TWO]), { code: 'ALLOWLIST_UNWRITABLE' });
    assert.equal(written(), before);
    writeFileSync(directory.join('allow.yaml'), 'nodes: nobody\n');
    await assert.rejects(permissions.reload(), { code: 'ALLOWLIST_MALFORMED' });
    rmSync(directory.join('allow.yaml'));
    await assert.rejects(permissions.reload(), { code: 'ALLOWLIST_UNREADABLE' });
    assert.deepEqual(permissions.nodes(), [ONE]);
  });

  it('hold no more accounts than their bound', async () => {
    const accounts = Array.from({ length: LIMITS.maxAllowedAccounts }, (_, i) =>
      i.toString(16).padStart(64, '0'),
    );
    const permissions = await open('accounts: []\n');
    assert.equal((await permissions.addAccounts(accounts)).length, accounts.length);
    await assert.rejects(permissions.addAccounts(['ff'.repeat(32)]), { code: 'ALLOWLIST_MALFORMED' });
    assert.ok(written().length < LIMITS.maxAllowlistFileBytes);
  });

  it('keep transactions of other accounts out of the pool, and are asked and changed over the RPC', async () => {
    const world = new ChainWorld();
    const [alice, bob] = [world.alice, world.bob].map(({ address }) => addressToText(address)) as [
      string,
      string,
    ];
    const permissions = await open(`accounts: [${bob}]\n`);
    world.isSenderAllowed = (sender) => permissions.isAccountAllowed(sender);
    const rpc = await ExecutingRpc.open(() => ({ permissions }), world);
    const { pool } = rpc.node;
    const check = (subject: string) => rpc.call('perm_check', { subject });
    const file = directory.join('allow.yaml');
    assert.deepEqual(await check(alice), { kind: 'account', allowed: false, rule: 'not-listed', file });
    assert.deepEqual(await check(bob), { kind: 'account', allowed: true, rule: 'listed', file });
    assert.deepEqual(await check(ONE), { kind: 'node', allowed: true, rule: 'no-list', file });
    await rpc.rejects('perm_check', { subject: `${alice}x` }, 'INVALID_PARAMS');

    const transfer = world.transfer(0);
    await assert.rejects(pool.submit(transfer.bytes), { code: 'ACCOUNT_NOT_ALLOWED' });
    await assert.rejects(pool.admit(transfer, 'gossip'), { code: 'ACCOUNT_NOT_ALLOWED' });
    assert.deepEqual(await rpc.call('perm_addAccountsToAllowlist', { accounts: [alice] }), {
      added: [alice],
      total: 2,
    });
    assert.equal(await pool.submit(transfer.bytes), transfer.id);
    const listed = await rpc.call('perm_getAccountsAllowlist', {});
    assert.deepEqual([listed.isRestricted, listed.items], [true, [bob, alice]]);
    await rpc.call('perm_removeAccountsFromAllowlist', { accounts: [alice] });
    await assert.rejects(pool.submit(world.transfer(1).bytes), { code: 'ACCOUNT_NOT_ALLOWED' });
    assert.ok(pool.get(transfer.id), 'what is in the pool stays');
    // A block of somebody else may hold what this pool does not take.
    await pool.addFetched(world.transfer(1));

    await rpc.rejects('perm_addNodesToAllowlist', { peerIds: [ONE] }, 'ALLOWLIST_ABSENT');
    writeFileSync(file, `nodes: [${ONE}]\n`);
    assert.deepEqual(await rpc.call('perm_reloadPermissionsFromFile', {}), { nodes: 1, accounts: null });
    assert.deepEqual((await rpc.call('perm_getAccountsAllowlist', {})).isRestricted, false);
    assert.deepEqual((await check(TWO)).rule, 'not-listed');
  });
});

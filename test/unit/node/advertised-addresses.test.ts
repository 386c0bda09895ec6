import assert from 'node:assert/strict';
import { advertisedAddresses } from '../../../src/node/advertised-addresses.ts';

describe('The addresses that a node advertises', () => {
  const listen = ['/ip4/0.0.0.0/tcp/4101', '/ip6/::/tcp/4102'];

  it('may be written as IP addresses and names, which stand for the first port that it listens on', () => {
    const written = ['203.0.113.7', '2001:db8::7', 'node.example.org', 'localhost', '/dns4/a.example/tcp/9'];
    assert.deepEqual(advertisedAddresses(written, listen), [
      '/ip4/203.0.113.7/tcp/4101',
      '/ip6/2001:db8::7/tcp/4101',
      '/dns4/node.example.org/tcp/4101',
      '/dns4/localhost/tcp/4101',
      '/dns4/a.example/tcp/9',
    ]);
    assert.deepEqual(advertisedAddresses([], listen), []);
  });

  it('are refused where peers could make nothing of them', () => {
    const code = 'BAD_ADVERTISED_ADDRESS';
    for (const text of [
      '',
      '203.0.113',
      '1.2.3.4.5',
      'a b',
      '-a.example',
      'a..b',
      '/ip4/1.2.3.4/udp/5',
      'x:4101',
    ])
      assert.throws(() => advertisedAddresses([text], listen), { code }, text);
    for (const listened of [[], ['/ip4/127.0.0.1/tcp/0'], ['nowhere']])
      assert.throws(() => advertisedAddresses(['203.0.113.7'], listened), { code });
    assert.deepEqual(advertisedAddresses(['/ip4/1.2.3.4/tcp/5'], []), ['/ip4/1.2.3.4/tcp/5']);
  });
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { STEPS } from '../../src/rpc/schema/ibft.ts';
import { addressToText } from '../../src/types/address.ts';
import { describeInBrowser, launchBrowser } from '../support/browser.ts';
import { Cluster } from '../support/cluster.ts';
import { WAIT_MS } from '../support/wait-for.ts';

const VALIDATORS = 4;
const SCREEN = { width: 1280, height: 720 };
/** Makes four validators need as much room as many do. */
const HIGH_ROWS = 'tbody td { height: 180px !important }';
const LONGEST_STEP = STEPS.reduce((longest, step) => (step.length > longest.length ? step : longest));
/** Every view that has an entry in the navigation, with its heading. */
const VIEWS = {
  overview: 'Overview',
  gossip: 'Gossip',
  consensus: 'Consensus',
  mempool: 'Mempool',
  ledgers: 'Ledgers',
  mining: 'Mining',
  peers: 'Peers',
  console: 'RPC console',
} as const;

describeInBrowser('The page at /ui in Chromium', function () {
  this.timeout(600_000);
  let directory: string;
  let cluster: Cluster;
  let browser: Browser;
  let context: BrowserContext;
  let page: Page;
  /** What must not happen on the page: errors of its own, and requests to anybody but the node. */
  const complaints: string[] = [];
  /** While it is, the browser complains of each request, in words that depend on where the connection broke. */
  let nodeIsAway = false;

  async function open(options: Parameters<Browser['newContext']>[0] = {}): Promise<void> {
    await context?.close();
    context = await browser.newContext({ viewport: SCREEN, ...options });
    context.setDefaultTimeout(WAIT_MS);
    page = await context.newPage();
    page.on('console', (message) => {
      const isOfAbsence = nodeIsAway && /^Failed to load resource|net::ERR_/.test(message.text());
      if (['error', 'warning'].includes(message.type()) && !isOfAbsence) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(String(error.stack)));
    page.on('request', (request) => {
      if (new URL(request.url()).origin !== cluster.urlOf(0))
        complaints.push(`a request to ${request.url()}`);
    });
    await page.goto(`${cluster.urlOf(0)}/ui`);
  }
  const show = async (route: string) => {
    await page.evaluate((hash) => {
      location.hash = hash;
    }, `#/${route}`);
  };
  const heightShown = async () =>
    Number((await page.getByTestId('height').textContent())?.replaceAll(/\D/g, ''));

  /** The texts of tiles and badges that their places are too small for, a step with the longest name included. */
  const cutShort = () =>
    page.evaluate((longestStep) => {
      const step = document.querySelector('.step')?.firstChild;
      if (step != null) step.nodeValue = longestStep;
      const places = 'main :is(.tile, .tile-value, .tile-detail, :is(th, td):has(.ledger))';
      return [...document.querySelectorAll(places)]
        .filter(({ scrollWidth, clientWidth }) => scrollWidth > clientWidth)
        .map(({ textContent }) => textContent);
    }, LONGEST_STEP);

  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'metanode-explorer-'));
    cluster = await Cluster.create({
      directory,
      validators: VALIDATORS,
      blockTimeMs: 300,
      emptyBlocksMs: 1_500,
    });
    await cluster.startAll();
    browser = await launchBrowser();
    await cluster.waitForHeight(2);
    await open();
  });

  after(async () => {
    await browser?.close();
    await cluster?.stopAll();
    rmSync(directory, { recursive: true, force: true });
  });

  afterEach(() => {
    assert.deepEqual(complaints.splice(0), []);
  });

  it('is live, and its height rises by itself', async () => {
    await page.getByText('Live', { exact: true }).waitFor();
    const before = await heightShown();
    await page.waitForFunction(
      (height) =>
        Number(document.querySelector('[data-testid=height]')?.textContent?.replaceAll(/\D/g, '')) > height,
      before + 1,
    );
  });

  it('fits the screen in each view and in both colour schemes, and shows something there', async () => {
    for (const [colorScheme, content] of [
      ['light', ''],
      ['light', HIGH_ROWS],
      ['dark', ''],
    ] as const) {
      await open({ colorScheme });
      await page.evaluate((rules) => {
        const sheet = new CSSStyleSheet();
        sheet.replaceSync(rules);
        document.adoptedStyleSheets.push(sheet);
      }, content);
      for (const [route, title] of Object.entries(VIEWS)) {
        await show(route);
        await page.getByRole('heading', { level: 1, name: title }).waitFor();
        await page.locator('main section').first().waitFor();
        const overflow = await page.evaluate(() => {
          const main = document.querySelector('main') as HTMLElement;
          const widths = [document.documentElement, main].map((part) => part.scrollWidth - part.clientWidth);
          return { widths, height: document.documentElement.scrollHeight - innerHeight };
        });
        assert.deepEqual(overflow, { widths: [0, 0], height: 0 }, `${route} in ${colorScheme}`);
        assert.deepEqual(await cutShort(), [], `${route} in ${colorScheme}`);
      }
      const background = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
      const [red = 0] = background.match(/\d+/g)?.map(Number) ?? [];
      assert.equal(red < 128, colorScheme === 'dark', background);
    }
  });

  it('shows a transaction that comes in, and checks its proof in the browser', async () => {
    await show('ledgers/economy');
    const receipt = await cluster.sendAndWait(0, cluster.transaction(await cluster.nextNonce()));
    await page.locator(`a[href="#/transaction/${receipt.txId}"]`).click();
    await page.getByRole('button', { name: 'Verify', exact: true }).click();
    const findings = page.getByTestId('findings');
    await findings.getByText(/^Final$/).waitFor();
    assert.match((await findings.textContent()) ?? '', /status is OK/);
    assert.equal(await page.locator('.checks [data-state=passed]').count(), 12);
  });

  it('refuses the proof with one byte flipped, whichever part it is in', async () => {
    const refusals = {
      transaction: /SIGNATURE|TRANSACTION|TX_ID/,
      'state root': /CERTIFICATE/,
      seal: /CERTIFICATE/,
    };
    for (const [part, check] of Object.entries(refusals)) {
      await page.getByLabel('Part in which a byte is flipped').selectOption(part);
      await page.getByRole('button', { name: 'Flip a byte and verify' }).click();
      const findings = page.getByTestId('findings').filter({ hasText: `A byte of the ${part} was flipped` });
      await findings.getByText(/^Refused$/).waitFor();
      assert.match((await findings.textContent()) ?? '', check);
      assert.equal(await page.locator('.checks [data-state=failed]').count(), 1);
    }
  });

  it('names the columns and rows of its tables, and gives each row as many cells as there are columns', async () => {
    await show('block/1');
    const sections = page.getByRole('region', { name: 'Sections' });
    await sections.getByRole('rowheader', { name: 'economy' }).waitFor();
    assert.equal(await sections.getByRole('rowheader').count(), 5);
    assert.deepEqual(await cutShort(), []);
    for (const route of ['overview', 'block/1', 'ledgers', 'gossip', 'mempool', 'peers']) {
      await show(route);
      await page.locator('main tbody tr').first().waitFor();
      const uneven = await page.evaluate(() =>
        [...document.querySelectorAll('main table')].flatMap((table) => {
          const columns = table.querySelectorAll('thead th:not(:empty)').length;
          return [...table.querySelectorAll('tbody tr')]
            .filter(
              ({ children }) =>
                [...children].reduce((sum, cell) => sum + (cell as HTMLTableCellElement).colSpan, 0) !==
                columns,
            )
            .map(({ outerHTML }) => outerHTML);
        }),
      );
      assert.deepEqual(uneven, [], route);
    }
  });

  it('says that there is nothing in place of an empty table', async () => {
    await show('mempool');
    const waiting = page.getByRole('region', { name: 'Waiting' });
    await waiting.getByText('Nothing waits.').waitFor();
    assert.equal(await waiting.getByRole('table').count(), 0);
  });

  it('draws its peers, and tells of one that is chosen by keyboard', async () => {
    await show('gossip');
    const nodes = page.locator('.graph-node[role=button]');
    await page.waitForFunction(
      (count) => document.querySelectorAll('.graph-node[role=button]').length === count,
      VALIDATORS - 1,
    );
    await page.locator('.edge.push').first().waitFor({ state: 'attached' });
    await page.waitForFunction(
      (count) => document.querySelectorAll('.edge.reported[data-mutual=true]').length === count,
      ((VALIDATORS - 1) * (VALIDATORS - 2)) / 2,
    );
    await nodes.first().focus();
    await page.keyboard.press('Enter');
    const details = page.locator('.side-panel');
    await details.getByText('push stream').waitFor();
    const peerId = await nodes.first().locator('title').textContent();
    assert.equal(await details.locator('code').first().getAttribute('title'), peerId);
    await page.locator('tr [data-carrier=push]').first().waitFor();
  });

  it('shows who sealed which block, and names who is missing when there is no quorum', async () => {
    await show('consensus');
    await page.locator('.vote-grid .vote[data-cell=sealed]').first().waitFor();
    assert.equal(await page.locator('.vote-grid tbody tr').count(), VALIDATORS);
    await Promise.all([cluster.stop(2), cluster.stop(3)]);
    const verdict = page.locator('.verdict[data-tone=bad]');
    await verdict.getByText(/^NO_QUORUM: 2 validators missing/).waitFor();
    for (const k of [2, 3]) {
      const id = addressToText(cluster.identityOf(k).account.address);
      await page.locator(`.log-box code[title="${id}"]`).waitFor();
    }
    await cluster.start(2);
    await page.locator('.verdict[data-tone=good]').waitFor();
    await cluster.start(3);
  });

  it('shows for each proof type who is elected to mine', async () => {
    await show('mining');
    for (const name of ['action', 'coordination', 'execution', 'transact', 'gold'])
      await page
        .getByRole('region', { name: `Proof of ${name}` })
        .locator('.ranks li')
        .first()
        .waitFor();
  });

  it('calls a method of the node by hand', async () => {
    await show('console/net_version');
    await page.getByRole('button', { name: 'Call', exact: true }).click();
    await page.getByTestId('answer').getByText('"4242"').waitFor();
  });

  it('can be walked by keyboard alone, with the focus in sight', async () => {
    await open();
    await page.keyboard.press('Tab');
    await page.keyboard.press('Tab');
    const visited: string[] = [];
    for (let i = 0; i < 40 && !visited.includes('Ledgers'); i++) {
      visited.push(await page.evaluate(() => document.activeElement?.textContent?.trim() ?? ''));
      const outline = await page.evaluate(
        () => getComputedStyle(document.activeElement as Element).outlineStyle,
      );
      assert.notEqual(outline, 'none', visited.at(-1));
      if (!visited.includes('Ledgers')) await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Ledgers' }).waitFor();
    assert.equal(await page.evaluate(() => document.activeElement?.id), 'main');
  });

  it('says that it is disconnected, and goes on by itself when the node is back', async () => {
    await open();
    await page.getByText('Live', { exact: true }).waitFor();
    nodeIsAway = true;
    await cluster.stop(0);
    await page.locator('.link-badge[data-state=disconnected]').waitFor();
    await cluster.start(0);
    await page.getByText('Live', { exact: true }).waitFor();
    nodeIsAway = false;
    const before = await heightShown();
    await page.waitForFunction(
      (height) =>
        Number(document.querySelector('[data-testid=height]')?.textContent?.replaceAll(/\D/g, '')) > height,
      before,
    );
  });
});

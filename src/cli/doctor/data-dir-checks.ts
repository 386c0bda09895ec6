import { chmod } from 'node:fs/promises';
import { type DataDirFacts, examineDataDir } from '../../node/examine-data-dir.ts';
import { type Finding, fine, problem, warning } from './finding.ts';

export interface DataDirReport {
  readonly findings: readonly Finding[];
  /** Of its genesis, without 0x; undefined if there is no node in this directory. */
  readonly genesisHash: string | undefined;
}

/** What stands on disk: genesis, keys and the vote journal of a validator. */
export async function checkDataDir(dataDir: string): Promise<DataDirReport> {
  const facts = await examineDataDir(dataDir);
  if (facts === undefined)
    return { findings: [fine('data directory', `${dataDir} holds no node`)], genesisHash: undefined };
  return {
    findings: [genesisFinding(facts), keysFinding(facts), journalFinding(facts)],
    genesisHash: facts.genesisHash,
  };
}

function genesisFinding({ genesisHash, genesisFault }: DataDirFacts): Finding {
  return genesisHash === undefined
    ? problem('genesis', genesisFault ?? '', 'take the genesis file of the chain once more')
    : fine('genesis', `0x${genesisHash}`);
}

function keysFinding({ keyFiles, exposedFiles }: DataDirFacts): Finding {
  if (exposedFiles.length === 0) return fine('key files', `${keyFiles}, of this user only`);
  return {
    ...problem(
      'key files',
      `others can read ${exposedFiles.join(', ')}`,
      'chmod 600, or metanode doctor --fix',
    ),
    fix: async () => {
      for (const file of exposedFiles) await chmod(file, 0o600);
    },
  };
}

function journalFinding({ journal, journalPath }: DataDirFacts): Finding {
  if (journal === 'none needed') return fine('vote journal', 'none: this node follows as an observer');
  if (journal === 'present') return fine('vote journal', journalPath);
  if (journal === 'unused') return warning('vote journal', 'keys without a genesis', 'metanode node init');
  return problem(
    'vote journal',
    `${journalPath} is missing: the node will watch and not vote`,
    'bring it back; if it is lost: node start --accept-lost-journal <height>',
  );
}

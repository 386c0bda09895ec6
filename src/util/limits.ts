/**
 * Every bound of the node on one page: whatever enforces a bound imports it from here, and `metanode limits` prints
 * this table. Bounds that are consensus rules and may differ per chain stand in genesis (types/genesis.ts).
 * Units are in the names: …Bytes, …Ms, otherwise a count.
 */
export const LIMITS = {
  // Transactions
  maxOperationsPerTransaction: 256,
  maxOperationBytes: 32 * 1024,
  maxTransactionBytes: 128 * 1024,
  maxPublicKeyBytes: 2048,
  maxSignatureBytes: 4096,

  // Keys
  maxCachedPublicKeys: 4096,
  maxKeyFileBytes: 16 * 1024,
  maxKeyDerivationBytes: 256 * 1024 * 1024,

  // Receipts
  maxChargesPerReceipt: 4,
  maxEventsPerReceipt: 256,
  maxEventBytes: 1024,
  maxSystemReceiptsPerBlock: 8192,
  /** Charges of one block. */
  maxBillLinesPerBlock: 131_072,

  // Blocks
  maxTransactionsPerSection: 4096,
  maxProofBytes: 64 * 1024,
  maxProofItemBytes: 1024 * 1024,
  maxEvidencePerBlock: 16,
  maxValidators: 128,
  maxBlockTransferBytes: 3 * 1024 * 1024,

  // Genesis
  maxGenesisAllocations: 65_536,
  maxGenesisBanks: 1024,
  maxAuthorities: 32,
  maxAuthorityKeys: 64,
  maxForks: 64,
  maxGenesisFileBytes: 64 * 1024 * 1024,

  // Agreements: consensus rules, changing one is a fork
  maxAgreementYamlBytes: 16 * 1024,
  maxYamlDepth: 16,
  maxYamlTokens: 4_000,
  maxYamlKeysPerMap: 128,
  maxAgreementParties: 16,
  maxPoliciesPerAgreement: 64,
  maxItemsPerPolicy: 64,
  maxObligationsPerAgreement: 8,
  maxNodesPerExpression: 256,
  maxNodesPerAgreement: 512,
  maxExpressionDepth: 16,
  maxAttributesPerSubject: 32,
  maxStoreKeysPerAgreement: 64,

  // Economy
  maxReserveCustodians: 64,
  /** Operators that share in the new coins of one epoch. */
  maxEpochWorkers: 1024,
  /** Parts of the owner's pay that vest at once: two tokens, and one part a month. */
  maxOwnerTranches: 64,
  maxOwnerVestingMonths: 24,

  // Bpci: consensus rules, changing one is a fork
  /** Headers that may still be anchored, and seals of a validator that are remembered one by one. */
  certificateWindow: 1000,
  /** Headers of another chain that a client keeps. */
  maxClientHeaders: 64,
  maxTrustingPeriodMs: 366 * 24 * 3600 * 1000,

  // Cluster
  maxClusterNodes: 256,
  maxClusterWorkloads: 512,
  maxWorkloadReplicas: 32,
  maxPlacementsPerNode: 128,
  /** Replicas that one BeginBlock places or moves. */
  maxPlacementsPerBlock: 128,
  maxRebalanceMoves: 16,
  maxAffinityRegions: 8,
  maxServiceEndpoints: 64,
  maxObservedSuspects: 3,

  // DockLock
  maxProvenanceBytes: 16 * 1024,
  maxProvenanceSignatures: 8,
  maxProvenanceSubjects: 64,
  maxNetworkAllowlist: 16,
  maxStepsPerBatch: 32,
  /** Of each stream that a container writes; what is beyond is counted and dropped. */
  maxContainerOutputBytes: 64 * 1024,
  /** One call of the container runtime that answers at once. */
  maxRuntimeCallMs: 10_000,
  maxRootfsEntries: 100_000,
  maxRootfsBytes: 4 * 1024 * 1024 * 1024,

  // Work per block outside sections (carried over first in, first out)
  maxOutboxPerSection: 1024,
  maxOutboxMessageBytes: 1024,
  maxOutboxQueue: 65_536,
  maxOutboxDeliveriesPerBlock: 2048,
  maxExpiriesPerBlock: 1024,
  maxEndBlockRequestsPerBlock: 1024,
  maxSharesPaidPerBlock: 64,
  maxPoeRecordsSweptPerBlock: 256,

  // Consensus
  maxBufferedRounds: 64,
  maxBufferedBytesPerHeight: 16 * 1024 * 1024,
  maxQueuedMessagesPerValidator: 512,
  maxQueuedBytesPerValidator: 4 * 1024 * 1024,
  maxTimeoutDoublings: 31,
  maxVerifiedSignatures: 16_384,
  maxDecidedAnswersPerPeer: 16,
  maxUndecidedBlocks: 16,
  maxKeptProposals: 4,
  maxPendingEvidence: 256,
  /** Heights whose signed statements are remembered, to notice contradictions that come late, and steps of each. */
  maxRecentHeights: 16,
  maxRecentStatementsPerValidator: 16,
  maxCandidateBlocks: 16,
  /** Refused candidates that debug_getBadBlocks shows. */
  maxBadBlocks: 64,
  /** Blocks below whose states the node can stand once more, and what they overwrote. */
  maxUndoBlocks: 16,
  maxUndoBytes: 16 * 1024 * 1024,
  /** Leaves of a sub-tree of which debug_getStateLeaves lists some. */
  maxListedLeaves: 100_000,
  /** Paths that debug_traceTransaction shows of what an operation read, and of what it wrote. */
  maxTracedPaths: 512,
  maxExecutedSections: 32,
  /** Sections of a validator on a block that is not yet decided here: one for each ledger, and so much in all. */
  maxEarlySectionBytesPerValidator: 256 * 1024,
  maxSectionHistory: 256,
  maxProposalHoldMs: 5_000,
  /** Sets up to this size send every vote to everyone; larger ones through a collector. */
  maxDirectValidators: 7,
  /** How long a vote may be with the collector only. */
  maxCollectorDelayMs: 1_000,

  // Network
  maxWireMessageBytes: 2 * 1024 * 1024,
  maxBatchBytes: 64 * 1024,
  maxHandoverDelayMs: 10,
  maxBatchDelayMs: 100,
  maxTransactionsPerBatch: 1024,
  maxPeers: 64,
  maxPeersPerAnswer: 128,
  maxPushQueueBytesPerPeer: 16 * 1024 * 1024,
  maxPushAckDelayMs: 1000,
  maxPushSilenceMs: 3000,
  /** Where many nodes share two cores, seconds of silence are normal while they boot. */
  maxPushSilenceLoopbackMs: 20_000,
  maxRequestsPerPeer: 16,
  requestTimeoutMs: 5000,
  fetchTimeoutMs: 150,
  maxFetchTimeoutMs: 1200,
  dialTimeoutMs: 30_000,
  probeTimeoutMs: 5000,
  genesisChunkBytes: 1024 * 1024,
  maxAllowlistFileBytes: 256 * 1024,
  maxAllowedAccounts: 2048,
  maxConfigFileBytes: 256 * 1024,
  maxQuorumWaitMs: 15_000,
  maxRedialDelayMs: 15_000,
  maxRecentMessages: 2048,
  maxSeenMessages: 65_536,
  maxRelaysPerObserver: 3,
  /** Validators that a validator dials with urgency; it meets the others when it has time, and they hear by relay until then. */
  urgentValidatorPeers: 4,
  maxBlocksPerRequest: 64,
  /** A peer that sent no good blocks is asked again after this, doubling each time. */
  minSourcePauseMs: 1000,
  maxSourcePauseMs: 60_000,
  /** A peer that takes longer for an answer makes room for others. */
  slowSourceMs: 2000,
  maxPeerIdBytes: 128,
  maxMultiaddrBytes: 256,
  maxAddressesPerPeer: 8,
  maxReasonCodeBytes: 64,
  maxReasonTextBytes: 512,
  maxHandshakeBytes: 16 * 1024,
  handshakeTimeoutMs: 10_000,
  maxKnownPeers: 1024,
  maxBannedPeers: 1024,
  maxBanReasonLength: 200,
  minObserverSlots: 4,
  peerExchangeIntervalMs: 30_000,
  maxReportAgeMs: 60_000,
  maxPeerEvents: 512,
  minEdgeReportAgeMs: 5_000,
  relayAfterLossMs: 30_000,
  maxMessagesPerFrame: 1024,
  maxTransactionsPerRequest: 4096,
  maxRequestBytes: 160 * 1024,
  maxAnswerBytes: 4 * 1024 * 1024,
  maxCertificateBytes: 64 * 1024,
  maxPendingMessagesPerPeer: 1024,
  maxPendingBytesPerPeer: 8 * 1024 * 1024,
  maxMessagesPerSecondOfValidator: 4000,
  maxMessagesPerSecondOfObserver: 400,
  maxBytesPerSecondOfValidator: 32 * 1024 * 1024,
  maxBytesPerSecondOfObserver: 4 * 1024 * 1024,
  maxRequestsPerSecondOfPeer: 200,
  maxAnswerBytesPerSecondOfPeer: 16 * 1024 * 1024,
  /** With more of them unread, a peer gets no further answer. */
  maxUnreadAnswerBytesPerPeer: 4 * 1024 * 1024,
  /** Decided blocks that one request for transactions opens. */
  maxBlocksOpenedPerRequest: 4,
  /** A message that is provably bad counts as this many against the rate of its sender. */
  rejectedMessageCost: 200,
  reprocessAfterMs: 5000,
  maxStreamWindowBytes: 4 * 1024 * 1024,

  // Mempool
  maxPoolTransactions: 20_000,
  maxPoolBytes: 64 * 1024 * 1024,
  maxQueuedNonces: 64,
  maxReplacements: 8,
  maxRecentDrops: 4096,
  /**
   * How long transactions should wait for their block, or one and a half block intervals if that is more: the own RPC takes fewer
   * (CHAIN_BUSY) where they wait longer.
   */
  maxBlockWaitMs: 1500,
  /** Operations that may come in a second before blocks have shown anything; a signature counts as eight. */
  firstWorkPerSecond: 6144,
  /** The same however slow the last blocks were. */
  minWorkPerSecond: 1152,
  minRetryMs: 250,
  maxCachedAccountsPerLedger: 16_384,
  maxPoolBytesPerSender: 4 * 1024 * 1024,
  maxPoolAgeMs: 3 * 3600 * 1000,
  maxAsideBytes: 16 * 1024 * 1024,
  maxPinnedTransactions: 65_536,
  maxLaneRefreshesPerBlock: 256,
  maxPendingVerifications: 16_384,
  maxTransactionLifetimeMs: 24 * 3600 * 1000,

  // Storage
  maxJournalRecordBytes: 4 * 1024 * 1024,
  maxJournalBytes: 256 * 1024 * 1024,
  maxJournalDeadBytes: 16 * 1024 * 1024,

  // Snapshots and exported blocks
  /** One record of such a file: a block with its certificate, or a page of the state. */
  maxRecordBytes: 8 * 1024 * 1024,
  maxLeavesPerRecord: 4096,
  maxLeafPathBytes: 1024,
  /** Of a snapshot: its state has to fit into the memory of a node. */
  maxSnapshotBytes: 8 * 1024 * 1024 * 1024,
  /** A larger one is checked by `metanode snapshot verify`, not by a running node. */
  maxCheckedSnapshotBytes: 64 * 1024 * 1024,
  /** Files of one kind that a running node was asked to write. */
  maxOperatorFiles: 64,
  maxProfileMs: 60_000,
  /** Less room than this on the disk of a node is told of. */
  minFreeDiskBytes: 1024 * 1024 * 1024,

  // RPC
  maxRpcBodyBytes: 4 * 1024 * 1024,
  maxRpcBatch: 100,
  maxRpcResponseBytes: 16 * 1024 * 1024,
  maxRpcConnections: 2048,
  maxMetricsConnections: 64,
  maxRpcWaitMs: 60_000,
  /** Requests that are worked on at once; more are refused with RATE_LIMITED. */
  maxRpcConcurrency: 256,
  /** Calls that wait for a receipt at once. */
  maxRpcWaits: 2048,
  /** Deeper JSON is refused before anything reads it. */
  maxRpcJsonDepth: 32,
  /** What one WebSocket client may leave unread before it is dropped. */
  maxRpcUnreadBytes: 16 * 1024 * 1024,
  /** Blocks that one call of chain_searchReceipts looks at. */
  maxSearchedBlocks: 256,
  /** Tokens of one node, and callers whose rate is watched. */
  maxRpcTokens: 256,
  maxRpcBudgets: 4096,
  maxRpcCallsPerSecond: 2000,
  maxSubscriptionsPerConnection: 64,
  maxSubscriptionQueue: 1024,
  /** Of the whole node: each costs the path of what it looks at a little. */
  maxFilteredSubscriptions: 256,
  maxFilterItems: 32,
  maxFilterTextBytes: 8 * 1024,
  /** Messages that the topic gossip tells of; others are counted. */
  maxGossipNoticesPerSecond: 400,
  maxLightBlocksPerAnswer: 64,
  maxPageItems: 500,
  defaultPageItems: 50,

  /** Blocks of a window that one call of economy_getBill looks at. */
  maxBilledBlocksPerCall: 256,

  // Offline proofs: changes of the validator set that one proof may walk through, lines of one bill
  maxProofLinks: 4096,
  maxLinesPerBill: 65_536,
} as const satisfies Record<string, number>;

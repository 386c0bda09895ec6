/**
 * Status codes of receipts: 0 is success, 1–99 are common to all ledgers, and each ledger has its own thousand
 * (types/operations/<ledger>.ts). A code never changes its meaning.
 */
export const COMMON_STATUSES = {
  OK: 0,
  OUT_OF_GAS: 1,
  MALFORMED_OPERATION: 2,
  UNKNOWN_OPERATION: 3,
  NOT_AUTHORIZED: 4,
  TOO_MANY_EVENTS: 5,
  OUTBOX_FULL: 6,
  EVENT_TOO_LARGE: 7,
  NOT_DELIVERABLE: 8,
} as const;

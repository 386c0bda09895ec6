/** Codes with which a vote journal cannot be opened and its validator watches the chain instead of voting. */
export const JOURNAL_FAULTS = ['JOURNAL_MISSING', 'JOURNAL_DAMAGED'] as const;
export type JournalFault = (typeof JOURNAL_FAULTS)[number];

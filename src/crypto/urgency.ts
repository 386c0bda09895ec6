/** Whether somebody waits for a check now, or its answer is needed only once other work is done. */
export type Urgency = 'now' | 'later';

/** Tells the subscribers of a topic of one event; what it holds is made only if somebody takes it. */
export type Tell<Data> = (makeData: () => Data) => void;

/** Where the events of one topic come from. */
export interface TopicSource<Data = unknown, Filter = unknown> {
  /** Tells of each event that fits the filter, or of all, until the returned function is called. */
  follow(tell: Tell<Data>, filter?: Filter): () => void;
  /** What a new subscriber is told of at once, for topics about what lasts; the same objects as long as they last. */
  current?(filter?: Filter): readonly Data[];
}

package io.darex.prune.rescale;

/** What a recipe may need besides the weights of the two checkpoints. */
public enum Need {
  /** Texts that the fine-tuned model reads, with labels or without. */
  TEXTS,
  /** Labelled texts of a task. */
  LABELS
}

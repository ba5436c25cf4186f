package io.darex.prune.mask;

/** How a sparse-delta file says which entries are kept. */
public enum Places {
  /** It does not: the mask is drawn again from names and shapes. */
  DRAWN,
  /** By the gaps between the kept entries. */
  GAPS,
  /** By the kept columns. */
  COLUMNS
}

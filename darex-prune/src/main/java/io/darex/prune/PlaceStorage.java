package io.darex.prune;

/** How a file says which entries a mask kept (docs/FORMAT.md). */
public enum PlaceStorage {
  /** Not at all: the mask is drawn again. */
  DRAWN,
  /** By the gaps between them. */
  GAPS,
  /** By the columns they fill. */
  COLUMNS
}

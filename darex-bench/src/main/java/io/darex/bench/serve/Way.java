package io.darex.bench.serve;

import java.util.Locale;

/** How the products of a fine-tune are computed; the answers are the same up to rounding. */
public enum Way {
  /**
   * {@link #UNMERGED} up to {@link Models#UNMERGED_SHARE} of kept entries, else {@link #RESIDENT}.
   */
  AUTO,

  /** The product of the base, which all share, plus that of the kept entries. */
  UNMERGED,

  /** By a copy of the layers' matrices with the delta in it, of which there is a bounded number. */
  RESIDENT;

  /** What options call it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}

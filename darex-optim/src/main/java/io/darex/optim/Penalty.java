package io.darex.optim;

/** How AdamR pulls a weight toward its anchor (METHOD.md §4). */
public enum Penalty {
  /** {@code θ ← θ − pull·(θ − θ_P)} before the Adam step. */
  L2
}

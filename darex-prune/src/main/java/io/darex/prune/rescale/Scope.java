package io.darex.prune.rescale;

/** What shares one q. */
public enum Scope {
  /** All tensors. */
  GLOBAL,
  /** One linear layer, its bias included. */
  LAYER
}

package io.darex.prune.delta;

/**
 * A file is to be smaller than what it has to hold anyway; the message says how small it can be.
 */
public final class TooSmallException extends IllegalArgumentException {
  TooSmallException(String message) {
    super(message);
  }
}

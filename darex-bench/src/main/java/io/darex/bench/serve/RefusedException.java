package io.darex.bench.serve;

/** A request that cannot be answered now; the message is one line that says why. */
public final class RefusedException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Why. */
  public enum Reason {
    /** There is no model of that name. */
    UNKNOWN,
    /** Too many texts wait already. */
    BUSY,
    /** The answers took too long. */
    LATE,
    /** {@link Models} is closed, or about to. */
    CLOSED,
    /** The model's output is NaN or infinite. */
    BROKEN,
    /** There was too little memory to compute it. */
    MEMORY
  }

  private final Reason reason;

  RefusedException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  /** Why. */
  public Reason reason() {
    return reason;
  }
}

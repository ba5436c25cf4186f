package io.darex.bench.task;

import java.util.Locale;

/** The parts into which a task's examples are divided by those who published it. */
public enum Partition {
  /** What is learned from. */
  TRAIN,
  /** What the reported result is measured on. */
  DEV,
  /** Examples whose labels are kept back, for a submission. */
  TEST;

  /** Its name in files, on the command line and in reports. */
  public String word() {
    return name().toLowerCase(Locale.ROOT);
  }
}

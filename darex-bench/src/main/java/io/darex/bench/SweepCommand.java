package io.darex.bench;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code darex sweep}. */
@Command(name = "sweep")
final class SweepCommand implements Callable<Integer> {
  @Override
  public Integer call() {
    return 0;
  }
}

package io.darex.bench.console;

import io.darex.prune.OneLine;
import java.time.Duration;
import java.util.Locale;
import java.util.Optional;
import java.util.function.LongFunction;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows how far work is and how long it will still take: a bar on a terminal, a plain line every
 * ten seconds elsewhere, nothing when quiet.
 */
public final class Progress implements AutoCloseable {
  /** As the library of the bar has it. */
  private static final long UNKNOWN = -1;

  private static final long LINE_EVERY_NANOS = Duration.ofSeconds(10).toNanos();

  private final Console console;
  private final String task;
  private final long total;
  private final LongFunction<String> unit;
  private final long start = System.nanoTime();
  private final ProgressBar bar;
  private long lastLine = start;
  private long done;
  private long found;

  private Progress(
      Console console,
      String task,
      long total,
      LongFunction<String> unit,
      String barUnit,
      long barUnitSize) {
    this.console = console;
    this.task = task;
    this.total = total;
    this.unit = unit;
    // The launcher knows whether standard error is a terminal; Java 17 cannot tell.
    boolean terminal = Boolean.getBoolean("darex.terminal");
    this.bar =
        console.quiet() || !terminal
            ? null
            : new ProgressBarBuilder()
                .setTaskName(task)
                .setInitialMax(total)
                .setUnit(barUnit, barUnitSize)
                .setStyle(ProgressBarStyle.ASCII)
                .setConsumer(new ConsoleProgressBarConsumer(console.err(), Terminal.WIDTH))
                .setEtaFunction(state -> left())
                .build();
    if (bar != null) {
      console.err().beginBar();
    }
  }

  static Progress start(Console console, String task, long total) {
    return new Progress(console, task, total, Long::toString, "", 1);
  }

  /** Progress counted in bytes. */
  static Progress ofBytes(Console console, String task, long total) {
    return new Progress(console, task, total, Size::text, " MB", 1_000_000);
  }

  /** Progress without an end: how many are done is all that is known. */
  static Progress ofUnknown(Console console, String task, String unit) {
    return new Progress(console, task, UNKNOWN, done -> done + " " + unit, " " + unit, 1);
  }

  /** Counts one more step done and shows {@code note} beside it. */
  public void step(String note) {
    add(1, note);
  }

  /** Counts so many more done; any thread may call it. */
  public void add(long more) {
    add(more, "");
  }

  /**
   * Counts so many as done by an earlier run; any thread may call it. They say nothing about how
   * long the others take.
   */
  public synchronized void found(long more) {
    done += more;
    found += more;
    if (bar != null) {
      bar.stepBy(more);
    }
  }

  /** Counts so many more done and shows {@code note} beside them; any thread may call it. */
  public synchronized void add(long more, String note) {
    done += more;
    if (bar != null) {
      bar.setExtraMessage(" " + OneLine.of(note));
      bar.stepBy(more);
    } else if (System.nanoTime() - lastLine > LINE_EVERY_NANOS) {
      lastLine = System.nanoTime();
      console.say(line(note));
    }
  }

  private String line(String note) {
    if (total == UNKNOWN) {
      return task + " " + unit.apply(done);
    }
    return String.format(
            Locale.ROOT,
            "%s %s/%s, %s  %s",
            task,
            unit.apply(done),
            unit.apply(total),
            left().map(left -> left.toSeconds() + " s left").orElse("begun"),
            note)
        .stripTrailing();
  }

  private synchronized Optional<Duration> left() {
    return total == UNKNOWN
        ? Optional.empty()
        : left(done - found, total - done, Duration.ofNanos(System.nanoTime() - start));
  }

  /**
   * How long {@code rest} steps take if {@code own} took {@code taken}; empty before a hundredth of
   * both is done, as what begins is no measure of what follows.
   */
  static Optional<Duration> left(long own, long rest, Duration taken) {
    long left = Math.max(0, rest);
    return own == 0 || own < (own + left) / 100
        ? Optional.empty()
        : Optional.of(Duration.ofNanos((long) ((double) taken.toNanos() / own * left)));
  }

  @Override
  public void close() {
    if (bar != null) {
      bar.close();
      console.err().endBar();
    }
  }
}

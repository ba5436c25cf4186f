package io.darex.bench.fuzz;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import io.darex.bench.console.Fault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A reader against hostile input: it reads it, or refuses it in one line, and nothing else happens.
 *
 * <p>{@code -Ddarex.fuzz.tries=1000000} runs it longer than the 10,000 tries of the build, {@code
 * -Ddarex.fuzz.seed=N} from another seed. A failure prints the seed of its own try, which with one
 * try replays it. A reader that ends the whole process is seen too: the build reports a crashed
 * fork, and {@code target/fuzz/NAME.seed} holds the seed as 8 bytes, big end first.
 */
public final class ReaderFuzz {
  private static final int TRIES = Integer.getInteger("darex.fuzz.tries", 10_000);
  private static final long SEED = Long.getLong("darex.fuzz.seed", 1);

  /** Far more than small inputs can need, on any machine. */
  private static final Duration PATIENCE = Duration.ofMinutes(5);

  private static final Duration PER_TRY = Duration.ofMillis(200);
  private static final int LONGEST_MESSAGE = 2000;

  /** The least of a try. */
  @FunctionalInterface
  public interface Try {
    /**
     * Makes an input of the random numbers and reads it to its end.
     *
     * @throws Exception that says that the input is at fault, or the reader has failed
     */
    void read(SplittableRandom random) throws Exception;
  }

  /** Reads a file. */
  @FunctionalInterface
  public interface Reader {
    /**
     * Reads all of it.
     *
     * @throws Exception that says that the input is at fault, or the reader has failed
     */
    void read(Path file) throws Exception;
  }

  private ReaderFuzz() {}

  /**
   * Tries with mutated text files.
   *
   * @param file to write, in a folder which may hold what good ones refer to
   * @param good texts that are read
   */
  public static void run(Path file, List<String> good, Reader reader) throws IOException {
    for (String each : good) {
      Files.writeString(file, each);
      assertThatCode(() -> reader.read(file)).as(each).doesNotThrowAnyException();
    }
    Mutator mutator = new Mutator(Mutator.STUMBLES);
    run(
        file.getFileName().toString(),
        0.01,
        random -> {
          String text = good.get(random.nextInt(good.size()));
          // A new file each time: to truncate one takes a journalling file system milliseconds.
          Files.deleteIfExists(file);
          Files.write(file, mutator.text(text.getBytes(StandardCharsets.UTF_8), random));
          reader.read(file);
        });
  }

  /**
   * Runs all tries.
   *
   * @param name of the reader, for the file with the seed
   * @param share the least share of inputs, of 1000 tries and more, that must be accepted; at least
   *     as many must be refused, or the mutations would test one check over and over
   * @param one a try
   */
  public static void run(String name, double share, Try one) throws IOException {
    Path mark = Files.createDirectories(Path.of("target", "fuzz")).resolve(name + ".seed");
    AtomicLong seed = new AtomicLong(SEED);
    int[] accepted = new int[1];
    try (FileChannel file =
        FileChannel.open(
            mark, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      ByteBuffer last = file.map(FileChannel.MapMode.READ_WRITE, 0, Long.BYTES);
      assertTimeoutPreemptively(
          PATIENCE.plus(PER_TRY.multipliedBy(TRIES)),
          () -> {
            while (seed.get() < SEED + TRIES) {
              last.putLong(0, seed.get());
              try {
                accepted[0] += isRead(one, new SplittableRandom(seed.get())) ? 1 : 0;
              } catch (Throwable t) {
                throw new AssertionError(replay(seed), t);
              }
              seed.incrementAndGet();
            }
          },
          () -> "hangs: " + replay(seed));
    }
    if (TRIES >= 1000) {
      assertThat((double) accepted[0] / TRIES).as("accepted").isBetween(share, 1 - share);
    }
  }

  private static boolean isRead(Try one, SplittableRandom random) throws Exception {
    try {
      one.read(random);
      return true;
    } catch (Exception e) {
      String line = Fault.of(e).input() ? Fault.of(e).text() : null;
      if (line == null) {
        throw e;
      }
      assertThat(line).isNotBlank().hasLineCount(1).doesNotContainPattern("\\p{Cc}|Exception");
      assertThat(line).hasSizeLessThan(LONGEST_MESSAGE);
      return false;
    }
  }

  private static String replay(AtomicLong seed) {
    return "replay it by -Ddarex.fuzz.tries=1 -Ddarex.fuzz.seed=" + seed;
  }
}

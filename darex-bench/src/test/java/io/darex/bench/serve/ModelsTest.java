package io.darex.bench.serve;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.TinyBert;
import io.darex.bench.pipeline.Prediction;
import io.darex.bench.serve.RefusedException.Reason;
import io.darex.prune.Checkpoint;
import io.darex.prune.MismatchException;
import io.darex.prune.Pruning;
import io.darex.prune.SparseDelta;
import io.darex.prune.delta.SparseDeltaFile;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.mask.RandomMask;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Eight fine-tunes of one base, next to each of them applied and asked alone. */
class ModelsTest {
  /** Requests of the long test: {@code -Ddarex.serve.requests=100000} takes minutes. */
  private static final int REQUESTS = Integer.getInteger("darex.serve.requests", 2000);

  private static final int THREADS = 16;

  @TempDir private static Path shared;
  private static Fleet fleet;

  @BeforeAll
  static void write() throws IOException {
    fleet = new Fleet(shared);
  }

  private static Models open(ServeOptions options) throws IOException {
    return Models.open(fleet.base.toString(), options);
  }

  /** Room for two copies: each has 896 numbers. */
  private static ServeOptions options(Way way) {
    return ServeOptions.defaults().withWay(way).withResidentBytes(2 * 4 * 896 + 10);
  }

  private static Map<String, float[]> bits(Models models) {
    Map<String, float[]> bits = new TreeMap<>();
    models.encoder().parameters().forEach((name, array) -> bits.put(name, array.data().asFloat()));
    return bits;
  }

  private static long metric(Models models, String name) {
    return models
        .metrics()
        .lines()
        .filter(line -> line.startsWith(name + " "))
        .mapToLong(line -> Long.parseLong(line.substring(name.length() + 1)))
        .findFirst()
        .orElseThrow();
  }

  @ParameterizedTest
  @EnumSource
  void answersAreThoseOfApplyInWhateverOrderModelsComeAndGo(Way way) throws IOException {
    byte[] file = Files.readAllBytes(fleet.base.resolve("model.safetensors"));
    try (Models models = open(options(way))) {
      Map<String, float[]> before = bits(models);
      for (int i = Fleet.SIZE - 1; i >= 0; i--) {
        Served served = models.add("m" + i, fleet.file(i));
        assertThat(served.way()).isNotEqualTo(Way.AUTO);
        fleet.check(models, "m" + i, i);
      }
      SplittableRandom random = new SplittableRandom(1);
      for (int i = 0; i < 40; i++) {
        int number = random.nextInt(Fleet.SIZE);
        fleet.check(models, "m" + number, number);
      }
      models.replace("m0", fleet.file(5));
      fleet.check(models, "m0", 5);
      models.remove("m1");
      models.add("m1", fleet.file(2));
      fleet.check(models, "m1", 2);
      fleet.check(models, "m5", 5);

      assertThat(models.list()).hasSize(Fleet.SIZE);
      assertThat(models.list().get(3).labels()).containsExactly("no", "yes");
      assertThat(metric(models, "darex_models")).isEqualTo(Fleet.SIZE);
      if (way == Way.RESIDENT) {
        assertThat(metric(models, "darex_resident_bytes")).isEqualTo(2 * 4 * 896);
        assertThat(metric(models, "darex_evictions_total")).isGreaterThan(10);
        assertThat(metric(models, "darex_switches_total"))
            .isGreaterThan(metric(models, "darex_evictions_total"));
      }
      if (way == Way.UNMERGED) {
        assertThat(metric(models, "darex_resident_bytes")).isZero();
      }
      Map<String, float[]> after = bits(models);
      before.forEach((name, values) -> assertThat(after.get(name)).isEqualTo(values));
    }
    assertThat(fleet.base.resolve("model.safetensors")).hasBinaryContent(file);
  }

  /**
   * A mapping would last until the garbage collector comes by, and servers are asked for months.
   */
  @Test
  @EnabledOnOs(OS.LINUX)
  void noDeltaStaysMapped() throws IOException {
    Path file = Files.copy(fleet.file(0), shared.resolve("once-mapped.safetensors"));
    try (Models models = open(options(Way.AUTO))) {
      models.add("m0", file);
      assertThat(Path.of("/proc/self/maps")).content().doesNotContain(file.toString());
      SparseDelta mapped = SparseDeltaFile.read(file);
      assertThat(Path.of("/proc/self/maps")).content().contains(file.toString());
      assertThat(mapped.kept()).isNotEmpty(); // so that it lives until here
      Files.write(file, new byte[0]);
      fleet.check(models, "m0", 0);
    }
  }

  @Test
  void manyThreadsWhileModelsComeAndGo() throws Exception {
    ServeOptions options = options(Way.AUTO).withTimeout(Duration.ofMinutes(2));
    try (Models models = open(options)) {
      Map<String, float[]> before = bits(models);
      for (int i = 0; i < Fleet.SIZE; i++) {
        models.add("m" + i, fleet.file(i));
      }
      AtomicInteger left = new AtomicInteger(REQUESTS);
      AtomicInteger wrong = new AtomicInteger();
      AtomicInteger refused = new AtomicInteger();
      List<Callable<Void>> work = new ArrayList<>();
      for (int thread = 0; thread < THREADS; thread++) {
        SplittableRandom random = new SplittableRandom(thread);
        work.add(
            () -> {
              while (left.getAndDecrement() > 0) {
                ask(models, random, wrong, refused);
              }
              return null;
            });
      }
      // Models 0 to 5 stay; 6 is replaced by the delta of 7 and back; 7 comes and goes.
      work.add(
          () -> {
            for (int i = 0; left.get() > 0; i++) {
              models.replace("m6", fleet.file(i % 2 == 0 ? 7 : 6));
              models.remove("m7");
              models.add("m7", fleet.file(7));
            }
            return null;
          });
      ExecutorService pool = Executors.newCachedThreadPool();
      for (Future<Void> each : pool.invokeAll(work)) {
        each.get();
      }
      pool.shutdown();
      assertThat(wrong).hasValue(0);
      assertThat(refused.get()).isLessThan(REQUESTS / 2);
      assertThat(metric(models, "darex_queued_texts")).isZero();
      assertThat(metric(models, "darex_evictions_total")).isPositive();
      assertThat(metric(models, "darex_batches_total"))
          .isLessThan(metric(models, "darex_texts_total"));
      Map<String, float[]> after = bits(models);
      before.forEach((name, values) -> assertThat(after.get(name)).isEqualTo(values));
    }
  }

  private static void ask(
      Models models, SplittableRandom random, AtomicInteger wrong, AtomicInteger refused) {
    int number = random.nextInt(Fleet.SIZE);
    List<Integer> texts =
        random.ints(1 + random.nextInt(3), 0, Fleet.TEXTS.size()).boxed().toList();
    try {
      List<Prediction> actual =
          models.classify("m" + number, texts.stream().map(Fleet.TEXTS::get).toList());
      if (!fleet.answers(number, texts, actual)
          && !(number == 6 && fleet.answers(7, texts, actual))) {
        wrong.incrementAndGet();
      }
    } catch (RefusedException e) {
      if (number != 7 || e.reason() != Reason.UNKNOWN) {
        throw e;
      }
      refused.incrementAndGet();
    }
  }

  @Test
  void whatCannotBeServedIsSaidAndChangesNothing() throws IOException {
    Path other = shared.resolve("other.safetensors");
    Checkpoint base = TinyBert.checkpoint(Fleet.TINY, 7);
    SparseDeltaFile.write(other, new Pruning(new RandomMask(1, 0.5)).prune(base, base), true);
    Path broken = Files.writeString(shared.resolve("broken.safetensors"), "no delta");
    try (Models models = open(ServeOptions.defaults())) {
      models.add("a", fleet.file(0));
      assertThatExceptionOfType(BadInputException.class)
          .isThrownBy(() -> models.add("a", fleet.file(1)))
          .withMessage("expected a new name, got a, which is served already");
      for (String name : List.of("", "a/b", "..", "a:b", "ä", "x".repeat(65))) {
        assertThatExceptionOfType(BadInputException.class)
            .isThrownBy(() -> models.add(name, fleet.file(1)))
            .withMessageStartingWith("expected a name of at most 64 letters");
      }
      // Without a digest it may be put on any base of these shapes, but it has no head.
      assertThatExceptionOfType(BadInputException.class)
          .isThrownBy(() -> models.add("b", other))
          .withMessageContaining("expected a fine-tuned model with a head, got no head");
      assertThatExceptionOfType(IOException.class).isThrownBy(() -> models.add("b", broken));
      assertThatExceptionOfType(IOException.class)
          .isThrownBy(() -> models.replace("a", shared.resolve("absent")));
      assertUnknown(() -> models.classify("b", Fleet.TEXTS));
      assertUnknown(() -> models.classify("b", List.of()));
      assertUnknown(() -> models.replace("b", fleet.file(0)));
      assertUnknown(() -> models.remove("b"));
      assertThat(models.classify("a", List.of())).isEmpty();
      assertThatExceptionOfType(BadInputException.class)
          .isThrownBy(() -> Text.of("half \ud800"))
          .withMessage("expected texts of whole characters, got half a surrogate pair");
      fleet.check(models, "a", 0);
    }
    Path foreign = shared.resolve("foreign");
    Fleet others = new Fleet(foreign);
    HuggingFaceFolder.write(
        others.base,
        TinyBert.checkpoint(Fleet.TINY, 2),
        Map.of("vocab.txt", Files.readAllBytes(fleet.base.resolve("vocab.txt"))),
        true);
    try (Models models = Models.open(others.base.toString(), ServeOptions.defaults())) {
      assertThatExceptionOfType(MismatchException.class)
          .isThrownBy(() -> models.add("a", fleet.file(0)))
          .withMessageStartingWith("wrong base: ");
    }
  }

  private static void assertUnknown(ThrowingCallable call) {
    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(call)
        .withMessage("expected the name of a model that is served, got \"b\"")
        .matches(e -> e.reason() == Reason.UNKNOWN);
  }

  @Test
  void tooManyTooLateAndAfterTheEnd() throws Exception {
    ServeOptions options = ServeOptions.defaults().withQueuedTexts(20);
    Models models = open(options);
    models.add("a", fleet.file(0));
    List<Text> texts = IntStream.range(0, 21).mapToObj(i -> Text.of("he")).toList();
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> models.classify("a", texts))
        .withMessage("expected at most 20 texts in a request, got 21");

    ExecutorService pool = Executors.newFixedThreadPool(40);
    List<Future<Boolean>> answers = new ArrayList<>();
    for (int i = 0; i < 400; i++) {
      answers.add(
          pool.submit(
              () -> {
                try {
                  return models.classify("a", texts.subList(0, 20)).size() == 20;
                } catch (RefusedException e) {
                  return e.reason() != Reason.BUSY;
                }
              }));
    }
    int busy = 0;
    for (Future<Boolean> each : answers) {
      busy += each.get() ? 0 : 1;
    }
    pool.shutdown();
    assertThat(busy).isBetween(1, 399);
    assertThat(metric(models, "darex_queued_texts")).isZero();
    fleet.check(models, "a", 0);
    models.close();
    models.close();
    assertThatExceptionOfType(RefusedException.class)
        .isThrownBy(() -> models.add("b", fleet.file(1)))
        .matches(e -> e.reason() == Reason.CLOSED);

    try (Models hasty = open(options.withTimeout(Duration.ZERO))) {
      hasty.add("a", fleet.file(0));
      assertThatExceptionOfType(RefusedException.class)
          .isThrownBy(() -> hasty.classify("a", Fleet.TEXTS))
          .matches(e -> e.reason() == Reason.LATE);
    }
  }
}

package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.darex.bench.cluster.Cluster;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * Sweeps and pruning on Spark, within this process and on a real cluster of processes on loopback,
 * end as they do without.
 */
class ClusterTest {
  private static final String LOOPBACK = "127.0.0.1";
  private static final List<String> DRIVER =
      List.of("spark.driver.host", "spark.driver.bindAddress");

  /** As the machines of a cluster have it; the driver is told the secret alone. */
  private static final String SECRET = "spark.authenticate.secret";

  private static final Map<String, String> SECURE =
      Map.of("spark.authenticate", "true", "spark.network.crypto.enabled", "true", SECRET, "hush");

  @TempDir private static Path folder;
  private static TinySweeps sweeps;
  private static Pair pair;

  @BeforeAll
  static void makeInputs() throws IOException {
    sweeps = TinySweeps.in(folder);
    pair = Pair.in(folder.resolve("pair"), OptionalLong.of(20_000));
    DRIVER.forEach(name -> System.setProperty(name, LOOPBACK));
  }

  @AfterAll
  static void leave() {
    DRIVER.forEach(System::clearProperty);
    System.clearProperty(SECRET);
  }

  /** A cluster's processes: a master and workers of one processor each. */
  private static final class Processes implements AutoCloseable {
    private final Path home;
    private final List<Process> all = new ArrayList<>();
    private final String url;

    Processes(Path home) throws IOException {
      this.home = home;
      Files.createDirectories(home.resolve("jars")); // where workers look for Spark's own
      int port;
      try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
        port = free.getLocalPort();
      }
      url = "spark://" + LOOPBACK + ":" + port;
      start("master.Master", "--host", LOOPBACK, "--port", String.valueOf(port));
    }

    Process worker(String name) throws IOException {
      return start(
          "worker.Worker",
          "--host",
          LOOPBACK,
          "--cores",
          "1",
          "--memory",
          "6g",
          "--work-dir",
          home.resolve(name).toString(),
          url);
    }

    private Process start(String daemon, String... arguments) throws IOException {
      List<String> command = new ArrayList<>();
      command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
      command.add("--add-exports=java.base/sun.nio.ch=ALL-UNNAMED");
      SECURE.forEach((name, value) -> command.add("-D" + name + "=" + value));
      command.addAll(List.of("-cp", System.getProperty("java.class.path")));
      command.add("org.apache.spark.deploy." + daemon);
      command.addAll(List.of("--webui-port", "0"));
      command.addAll(List.of(arguments));
      ProcessBuilder builder =
          new ProcessBuilder(command)
              .redirectErrorStream(true)
              .redirectOutput(home.resolve("log-" + all.size()).toFile());
      builder
          .environment()
          .putAll(
              Map.of(
                  "SPARK_LOCAL_IP",
                  LOOPBACK,
                  "SPARK_HOME",
                  home.toString(),
                  "SPARK_SCALA_VERSION",
                  "2.13"));
      Process process = builder.start();
      all.add(process);
      return process;
    }

    String log() throws IOException {
      StringBuilder log = new StringBuilder();
      for (int i = 0; i < all.size(); i++) {
        log.append(Files.readString(home.resolve("log-" + i)));
      }
      return log.toString();
    }

    /** SIGKILL, to a process and all that it has started. */
    static void kill(Process process) {
      process.descendants().forEach(ProcessHandle::destroyForcibly);
      process.destroyForcibly();
    }

    @Override
    public void close() {
      all.forEach(Processes::kill);
    }
  }

  @Test
  void aWorkerIsKilledAndSweepAndPruningEndAsWithoutACluster() throws Exception {
    Path config = sweeps.config("random", TinySweeps.RANDOM);
    Path here = folder.resolve("here");
    assertThat(Darex.run("sweep", config, "--out", here).code()).isZero();
    System.setProperty(SECRET, SECURE.get(SECRET));
    try (Processes cluster = new Processes(folder.resolve("spark"))) {
      Process doomed = cluster.worker("doomed");
      cluster.worker("other");
      Path there = folder.resolve("there");
      CompletableFuture<Darex.Outcome> sweep =
          CompletableFuture.supplyAsync(
              () -> Darex.run("sweep", config, "--master", cluster.url, "--out", there));
      Path journal = there.resolve("journal.jsonl");
      // Two candidates are always under way, one on each worker once both have an executor.
      while (!Files.exists(journal)
          || Files.readAllLines(journal).size() < 4
          || doomed.descendants().findAny().isEmpty()) {
        assertThat(sweep).as(cluster.log()).isNotDone();
        Thread.sleep(20);
      }
      Processes.kill(doomed);
      Darex.Outcome outcome = sweep.get();

      assertThat(outcome.code()).as(outcome.err()).isZero();
      assertThat(TinySweeps.journal(there)).hasSize(12).isEqualTo(TinySweeps.journal(here));
      assertThat(there.resolve("report.html")).exists();

      assertThat(prune("pruned-there", "random", cluster.url))
          .hasBinaryContent(Files.readAllBytes(prune("pruned-here", "random", null)));
    }
  }

  @ParameterizedTest
  @CsvSource({"random", "magnitude", "columns"})
  void pruningWithinThisProcessGivesTheSameBytes(String mask) throws IOException {
    assertThat(prune(mask + "-spark", mask, "local[2]"))
        .hasBinaryContent(Files.readAllBytes(prune(mask, mask, null)));
  }

  private static Path prune(String name, String mask, String master) {
    Path out = folder.resolve(name);
    List<Object> arguments =
        new ArrayList<>(
            List.of(
                "prune",
                "--base",
                pair.base(),
                "--tuned",
                pair.tuned(),
                "--mask",
                mask,
                "--drop-rate",
                "0.75",
                "--rescale",
                "norm-match",
                "--out",
                out));
    if (mask.equals("magnitude")) {
      arguments.addAll(List.of("--scope", "tensor"));
    }
    if (master != null) {
      arguments.addAll(List.of("--master", master));
    }
    Darex.Outcome outcome = Darex.run(arguments.toArray());
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return out;
  }

  @Test
  void aClusterWithoutASecretIsRefused() {
    System.clearProperty(SECRET);
    Darex.Outcome outcome =
        Darex.run(
            "prune",
            "--base",
            pair.base(),
            "--tuned",
            pair.tuned(),
            "--mask",
            "random",
            "--drop-rate",
            "0.75",
            "--out",
            folder.resolve("never"),
            "--master",
            "spark://127.0.0.1:1");
    assertThat(outcome.code()).isEqualTo(2);
    assertThat(outcome.err())
        .contains("expected the secret of the cluster at spark://127.0.0.1:1")
        .contains("DAREX_SPARK_SECRET")
        .contains("-Dspark.authenticate=false");
  }

  /** Faults of the input come back from a worker as they are, and are not tried again. */
  @Test
  void whatAWorkerRefusesIsOneLine() throws IOException {
    Path broken = folder.resolve("broken");
    Pair.in(broken, OptionalLong.empty());
    Path file = broken.resolve("tuned/model.safetensors");
    byte[] bytes = Files.readAllBytes(file);
    for (int i = bytes.length / 2; i < bytes.length / 2 + 8; i++) {
      bytes[i] = (byte) 0xff; // two NaNs
    }
    Files.write(file, bytes);

    Darex.Outcome outcome =
        Darex.run(
            "--quiet",
            "prune",
            "--base",
            broken.resolve("base"),
            "--tuned",
            broken.resolve("tuned"),
            "--mask",
            "random",
            "--drop-rate",
            "0",
            "--no-digest",
            "--out",
            folder.resolve("none"),
            "--master",
            "local[2]");

    assertThat(outcome.code()).as(outcome.err()).isEqualTo(2);
    assertThat(outcome.err()).contains("of the tuned model").contains("NaN").hasLineCount(1);
    assertThat(folder.resolve("none")).doesNotExist();
  }

  @Test
  void whatCannotBeDoneOnAClusterIsRefusedBeforeOneAndSoIsNoCluster() throws IOException {
    for (Map.Entry<String, String> each :
        Map.of(
                "--budget variance --drop-rate 0.9", "budget variance",
                "--drop-rate 0.9", "mask magnitude, which compares entries of all tensors",
                "--bytes 50KB", "bytes 50KB, which weighs all tensors; give a dropRate")
            .entrySet()) {
      List<Object> arguments =
          new ArrayList<>(List.of("prune", "--base", pair.base(), "--tuned", pair.tuned()));
      arguments.addAll(List.of(each.getKey().split(" ", -1)));
      arguments.addAll(List.of("--out", folder.resolve("never"), "--master", "local[2]"));
      Darex.Outcome refused = Darex.run(arguments.toArray());
      assertThat(refused.code()).as(each.getKey()).isEqualTo(2);
      assertThat(refused.err())
          .startsWith("darex: --master: ")
          .contains(each.getValue())
          .hasLineCount(1);
      assertThat(folder.resolve("never")).doesNotExist();
    }

    Darex.Outcome nonsense =
        Darex.run(
            "--quiet",
            "sweep",
            sweeps.config("nowhere", TinySweeps.RANDOM),
            "--master",
            "nonsense",
            "--out",
            folder.resolve("nowhere"));
    assertThat(nonsense.code()).isEqualTo(2);
    assertThat(nonsense.err())
        .contains("expected a Spark master such as local[2]")
        .contains("\"nonsense\"")
        .hasLineCount(1);
    assertThat(TinySweeps.journal(folder.resolve("nowhere"))).isEmpty();
  }

  /** What is thrown by work that is no fault of the input ends as what Spark says of it. */
  @Test
  void workThatCannotBeDoneIsGivenUp() {
    try (Cluster cluster = Cluster.open("local[1]", 1)) {
      IOException thrown = null;
      try {
        cluster.run(
            () -> {
              throw new IllegalStateException("no such luck");
            });
      } catch (IOException e) {
        thrown = e;
      }
      assertThat(thrown)
          .hasMessageStartingWith("the cluster at local[1] gave up: ")
          .hasMessageContaining("no such luck");
    }
  }
}

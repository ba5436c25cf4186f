package io.darex.bench.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.cli.Darex.Outcome;
import io.darex.bench.encoder.BuiltInEncoders;
import io.darex.bench.encoder.EncoderConfig;
import io.darex.bench.encoder.TinyBert;
import io.darex.prune.Checkpoint;
import io.darex.prune.Tensor;
import io.darex.prune.delta.PruneJob;
import io.darex.prune.file.WriteOptions;
import io.darex.prune.folder.HuggingFaceFolder;
import io.darex.prune.parameter.ByteSize;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.tensor.FloatTensor;
import io.darex.prune.tensor.InMemoryCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The law of the one pruner: the same pair, recipe and seed give the same bytes by the library, by
 * {@code darex prune}, on a cluster, and as a cell of {@code darex run}.
 */
class SameBytesTest {
  private static final List<String> DRIVER =
      List.of("spark.driver.host", "spark.driver.bindAddress");

  @TempDir private static Path folder;
  private static TinySweeps sweeps;
  private static Path base;
  private static Path tuned;

  @BeforeAll
  static void writePair() throws IOException {
    DRIVER.forEach(name -> System.setProperty(name, "127.0.0.1"));
    sweeps = TinySweeps.in(folder);
    base = folder.resolve("encoder");
    tuned = folder.resolve("tuned");
    Checkpoint before = HuggingFaceFolder.open(base);
    EncoderConfig config =
        EncoderConfig.fromJson(before.config().orElseThrow()).withLabels(List.of("0", "1"));
    Map<String, Tensor> after = new TreeMap<>(TinyBert.checkpoint(config, 1).tensors());
    SplittableRandom random = new SplittableRandom(7);
    before
        .tensors()
        .forEach(
            (name, tensor) -> {
              float[] values = new float[(int) tensor.count()];
              tensor.read(0, values, 0, values.length);
              for (int i = 0; i < values.length; i++) {
                values[i] += (float) (1e-3 * random.nextDouble(-1, 1));
              }
              after.put(name, new FloatTensor(name, tensor.shape(), values));
            });
    HuggingFaceFolder.write(
        tuned,
        new InMemoryCheckpoint(new TreeMap<>(after), Optional.of(config.toJson())),
        BuiltInEncoders.read("minilm-l6").tokenizer().contents(),
        false);
  }

  @AfterAll
  static void leave() {
    DRIVER.forEach(System::clearProperty);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mask: random, dropRate: 0.9, rescale: inverse-keep-rate",
        "mask: stratified, dropRate: 0.75, rescale: q, group: 16, q: 0.3",
        "mask: magnitude, scope: tensor, dropRate: 0.9, rescale: norm-match, values: bf16",
        "mask: magnitude, scope: row, dropRate: 0.9"
      })
  void libraryCommandClusterAndRunWriteTheSameFile(String keys) throws IOException {
    Map<String, Object> said = new TreeMap<>();
    for (String each : keys.split(", ", -1)) {
      String[] pair = each.split(": ", -1);
      said.put(pair[0], pair[1]);
    }
    String options = options(keys);
    Path library = out("library", keys);
    PruneJob.open(base, tuned, Recipe.of(said)).run(library, WriteOptions.defaults());

    assertThat(prune(out("command", keys), options)).hasSameBinaryContentAs(library);
    assertThat(prune(out("cluster", keys), options + " --master local[2]"))
        .hasSameBinaryContentAs(library);
    Path out = folder.resolve("run-out" + keys.hashCode());
    Path cell = out.resolve(cells(out, keys).at("/0/file").asText());
    assertThat(cell).hasSameBinaryContentAs(library);
  }

  private static String options(String keys) {
    StringBuilder options = new StringBuilder();
    for (String each : keys.isEmpty() ? new String[0] : keys.split(", ", -1)) {
      String[] pair = each.split(": ", -1);
      String option = pair[0].replaceAll("[A-Z]", "-$0").toLowerCase(Locale.ROOT);
      options.append(" --").append(option).append(' ').append(pair[1]);
    }
    return options.toString();
  }

  /** What is searched for a size is found alike, with texts and without. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "mask: random",
        "rescale: q-unlabelled",
        "mask: magnitude, scope: tensor, rescale: norm-match, values: f16",
      })
  void aRunNamesFilesByTheSizesTheyHaveAtMost(String keys) throws IOException {
    Path out = folder.resolve("sizes" + keys.hashCode());
    JsonNode cells = cells(out, "bytes: [30KB, 60KB]" + (keys.isEmpty() ? "" : ", " + keys));

    assertThat(cells).hasSize(2);
    for (int i = 0; i < 2; i++) {
      JsonNode cell = cells.get(i);
      String size = List.of("30KB", "60KB").get(i);
      Path file = out.resolve(cell.get("file").asText());
      assertThat(file.getFileName().toString()).startsWith(size + "-");
      assertThat(cell.at("/recipe/bytes").asText()).isEqualTo(size);
      long asked = ByteSize.of(size).bytes(0);
      assertThat(Files.size(file))
          .isEqualTo(cell.get("bytes").asLong())
          .isBetween(asked * 98 / 100, asked);
      String options = " --bytes " + size + options(keys);
      if (keys.contains("unlabelled")) {
        Path task = folder.resolve("run" + out.getFileName() + ".yml");
        options += " --search-seeds 100,101 --task " + task;
      }
      assertThat(prune(out(size, keys), options)).hasSameBinaryContentAs(file);
    }
  }

  private static Path out(String name, String keys) {
    return folder.resolve(name + keys.hashCode() + ".safetensors");
  }

  private static Path prune(Path out, String options) {
    String command = "prune --base " + base + " --tuned " + tuned + " --out " + out + options;
    Outcome outcome = Darex.run((Object[]) command.split(" ", -1));
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return out;
  }

  /** The cells of a run. */
  private static JsonNode cells(Path out, String keys) throws IOException {
    Path task =
        sweeps.config(
            "run" + out.getFileName(),
            """
            task: TASK
            encoder: ENCODER
            tuned: TUNED
            finetune: {maxLength: 32}
            prune: {KEYS, seeds: 42}
            """
                .replace("TUNED", tuned.toString())
                .replace("KEYS", keys));
    Outcome outcome = Darex.run("run", task, "--out", out);
    assertThat(outcome.code()).as(outcome.err()).isZero();
    return new ObjectMapper().readTree(out.resolve("results.json").toFile()).at("/cells");
  }
}

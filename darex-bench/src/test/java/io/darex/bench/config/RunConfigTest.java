package io.darex.bench.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.darex.bench.console.BadInputException;
import io.darex.bench.encoder.Device;
import io.darex.bench.encoder.Engine;
import io.darex.bench.encoder.EngineChoice;
import io.darex.bench.encoder.Precision;
import io.darex.prune.Pruning;
import io.darex.prune.mask.RandomMask;
import io.darex.prune.recipe.Recipe;
import io.darex.prune.rescale.FixedQ;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@SuppressWarnings("StringConcatToTextBlock") // a case is one text with what it must lead to
class RunConfigTest {
  @TempDir private Path folder;

  @Test
  void theExampleOnRealDataIsRead() {
    RunConfig config = RunConfig.read(Path.of("..", "configs", "cola.yml"));

    assertThat(config.name()).isEqualTo("cola");
    assertThat(config.prune().methods())
        .extracting(method -> method.recipe().mask().dropRate())
        .containsExactly(0.9, 0.9, 0.99, 0.99, 0.999, 0.999);
    assertThat(config.finetunes().get(0).optimizer()).isEqualTo("adamr-l2");
  }

  @Test
  void theQuickstartComparesFilesOfTheSameSizes() {
    RunConfig config = RunConfig.read(Path.of("..", "configs", "quickstart.yml"));

    assertThat(config.name()).isEqualTo("quickstart");
    assertThat(config.prune().methods())
        .extracting(
            method ->
                method.recipe().bytes().orElseThrow()
                    + " "
                    + RecipeName.of(method.recipe())
                    + " "
                    + method.seeds().size())
        .containsExactly(
            "100KB magnitude dot-match sign 1",
            "400KB magnitude dot-match sign 1",
            "1MB magnitude dot-match sign 1",
            "100KB inverse-keep-rate 2",
            "100KB q-labelled 2",
            "400KB inverse-keep-rate 2",
            "400KB q-labelled 2",
            "1MB inverse-keep-rate 2",
            "1MB q-labelled 2");
    assertThat(config.finetunes().get(0).optimizer()).isEqualTo("adamr-l2");
  }

  /** What loses least for its size. */
  @Test
  void whatIsNotSaidOfPruningIsTheSignsOfTheLargestEntries() throws IOException {
    for (String prune : List.of("", "prune: {seeds: [1, 2]}\n")) {
      List<PruneConfig.Method> methods = read("task: cola\n" + prune).prune().methods();

      assertThat(methods).hasSize(1);
      assertThat(methods.get(0).seeds()).as("nothing is drawn").hasSize(1);
      assertThat(methods.get(0).recipe()).isEqualTo(Recipe.of(Map.of()));
      assertThat(methods.get(0).recipe().parameters())
          .containsEntry("mask", "magnitude")
          .containsEntry("scope", "model")
          .containsEntry("values", "sign")
          .containsEntry("bytes", "1%")
          .containsEntry("rescale", "dot-match");
    }
  }

  @Test
  void theExampleOfOnesOwnDataIsRead() {
    RunConfig config = RunConfig.read(Path.of("..", "configs", "own-data.yml"));

    assertThat(config.task().labels()).containsExactly("bad", "good");
    assertThat(config.finetunes()).extracting(FinetuneConfig::seed).containsExactly(0L, 1L, 2L);
    assertThat(config.finetunes().get(0).epochs()).isEqualTo(10);
    assertThat(config.finetunes().get(0).patience()).isEqualTo(3);
  }

  @Test
  void valuesAndListsAreTheSameAxis() throws IOException {
    RunConfig config =
        read(
            """
            task: cola
            prune:
              mask: random
              dropRate: 0.5
              q: 1e-1
              seeds: [7, -3]
            """);

    PruneConfig.Method method = config.prune().methods().get(0);
    assertThat(config.prune().methods()).hasSize(1);
    assertThat(method.recipe().pruning()).isEqualTo(new Pruning(new RandomMask(42, 0.5)));
    assertThat(method.recipe().rescale()).isEqualTo(new FixedQ(0.1));
    assertThat(method.seeds()).containsExactly(7L, -3L);
    assertThat(config.encoder()).isEqualTo("minilm-l6");
  }

  /** What says nothing of a mask or rescale is left out, and no combination is there twice. */
  @Test
  void sectionsOfAGridAddUp() throws IOException {
    RunConfig config =
        read(
            """
            task: cola
            prune:
            - {mask: random, dropRate: 0.9, rescale: [inverse-keep-rate, q-labelled], qScope: [global, layer]}
            - {mask: [magnitude, columns], scope: [model, row], dropRate: 0.5, rescale: none}
            - {mask: [magnitude, random], bytes: 1MB}
            """);

    assertThat(config.prune().methods())
        .extracting(method -> RecipeName.of(method.recipe()) + " " + method.seeds().size())
        .containsExactly(
            "inverse-keep-rate 4",
            "q-labelled 4",
            "q-labelled layer 4",
            "magnitude none sign 1",
            "magnitude scope row none sign 1",
            "columns none 4",
            "magnitude dot-match sign 1",
            "inverse-keep-rate 4");
  }

  /** docs/METHOD.md §4.2, cell by cell. */
  @ParameterizedTest
  @CsvSource({
    "bert, cola, 5e-5", "bert, mrpc, 5e-5", "bert, sts-b, 5e-5", "bert, agreement, 5e-5",
    "bert, sst-2, 1e-5", "bert, qqp, 1e-5", "bert, mnli, 1e-5", "bert, qnli, 1e-5",
    "bert, rte, 1e-5", "bert, wnli, 1e-5", "roberta, mrpc, 5e-5", "roberta, cola, 1e-5",
    "roberta, sts-b, 1e-5", "roberta, sst-2, 1e-5", "roberta, rte, 1e-5"
  })
  void whatIsNotSaidFollowsTheRecipe(String family, String task, double rate) throws IOException {
    Path encoder = Files.createDirectories(folder.resolve("encoder"));
    Files.writeString(
        encoder.resolve("config.json"),
        """
        {"model_type": "%s", "vocab_size": 90, "hidden_size": 8, "num_hidden_layers": 1,
         "num_attention_heads": 2, "intermediate_size": 16, "max_position_embeddings": 66,
         "type_vocab_size": 2, "layer_norm_eps": 1e-5, "hidden_act": "gelu", "pad_token_id": 1}
        """
            .formatted(family));

    RunConfig config = read("task: " + task + "\nencoder: " + encoder + "\n");

    assertThat(config.finetunes())
        .containsExactly(
            FinetuneConfig.builder()
                .optimizer("adamr-l2")
                .lambda(1e-4)
                .normalisation("global")
                .learningRate(rate)
                .epochs(10)
                .batchSize(16)
                .maxLength(128)
                .warmup(0.06)
                .maxGradientNorm(1)
                .seed(0)
                .limit(0)
                .patience(3)
                .lora(null)
                .build());
  }

  @Test
  void whatIsSaidWinsOverTheRecipeAndSeedsAreAnAxis() throws IOException {
    RunConfig config =
        read("task: rte\nfinetune: {learningRate: 0.5, epochs: 4, seed: [3, -1], batchSize: 2}\n");

    FinetuneConfig first = config.finetunes().get(0);
    assertThat(first)
        .isEqualTo(
            FinetuneConfig.builder()
                .optimizer("adamr-l2")
                .lambda(1e-4)
                .normalisation("global")
                .learningRate(0.5)
                .epochs(4)
                .batchSize(2)
                .maxLength(128)
                .warmup(0.06)
                .maxGradientNorm(1)
                .seed(3)
                .limit(0)
                .patience(0)
                .lora(null)
                .build());
    assertThat(config.finetunes()).containsExactly(first, first.withSeed(-1));
    assertThat(
            read("task: rte\nfinetune: {epochs: 4, patience: 2}\n").finetunes().get(0).patience())
        .isEqualTo(2);
  }

  /** Its JSON goes into the digest of a job: what changes it orphans every finished fine-tune. */
  @Test
  void noPatienceLeavesTheDigestsOfBeforeThereWasAny() throws IOException {
    FinetuneConfig config = read("task: cola\nfinetune: {epochs: 3}\n").finetunes().get(0);

    assertThat(new ObjectMapper().writeValueAsString(config))
        .isEqualTo(
            "{\"optimizer\":\"adamr-l2\",\"lambda\":1.0E-4,\"normalisation\":\"global\","
                + "\"learningRate\":5.0E-5,\"epochs\":3,\"batchSize\":16,\"maxLength\":128,"
                + "\"warmup\":0.06,\"maxGradientNorm\":1.0,\"seed\":0,\"limit\":0}");
  }

  /**
   * In other files of the program a path is named from the working directory, which is not there.
   */
  @Test
  void pathsLieBesideTheFile() throws IOException {
    Path encoder = Files.createDirectories(folder.resolve("sub").resolve("enc"));
    Path tuned = Files.createDirectories(folder.resolve("tuned"));
    Files.writeString(folder.resolve("q.yml"), "fallback: 0.25\n");
    Files.writeString(
        folder.resolve("sub").resolve("deep.yml"),
        "task: cola\nencoder: enc\ntuned: ../tuned\n"
            + "prune: {dropRate: 0.5, rescale: q, qFile: ../q.yml}\n");

    RunConfig config = RunConfig.read(folder.resolve("sub").resolve("deep.yml"));

    assertThat(config.encoder()).isEqualTo("enc");
    assertThat(config.encoderFolder()).contains(encoder);
    assertThat(config.tuned()).contains(tuned);
    assertThat(config.prune().methods().get(0).recipe().rescale().parameters().toString())
        .contains("0.25");
    assertThat(read("task: cola\nencoder: minilm-l6\n").encoderFolder()).isEmpty();
    Files.createDirectories(folder.resolve("minilm-l6"));
    assertThat(read("task: cola\nencoder: minilm-l6\n").encoderFolder())
        .as("what is there goes before what is built in")
        .contains(folder.resolve("minilm-l6"));
  }

  @Test
  void theEngineIsAutoUnlessOneIsNamed() throws IOException {
    assertThat(read("task: cola\n").engine()).isEqualTo(EngineChoice.AUTO);
    assertThat(read("task: cola\nengine: samediff\n").engine())
        .isEqualTo(EngineChoice.of(Engine.SAMEDIFF));
    assertThat(read("task: cola\nengine: torch\ndevice: cuda:1\nprecision: bf16\n").engine())
        .isEqualTo(new EngineChoice(Engine.TORCH, Device.of("cuda:1"), Precision.BF16));
    assertThatThrownBy(() -> read("task: cola\nengine: torch\nprecision: bf16\n").requireEngine())
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            "precision bf16: expected f32 where a fine-tune is trained, as bf16 is for evaluation");
    for (String word : List.of("cuda", "cuda:01", "cuda:-1", "gpu", "'cpu, apart'")) {
      assertThatThrownBy(() -> read("task: cola\ndevice: " + word + "\n"))
          .isInstanceOf(BadInputException.class)
          .hasMessageContaining("device: expected auto, cpu or cuda:N");
    }
  }

  /** Each of them is read, with what it takes to be there. */
  @Test
  void noExampleOfTheRepositoryIsLeftBehind() throws IOException {
    try (Stream<Path> files = Files.walk(Path.of("..", "configs"))) {
      for (Path file : files.filter(each -> each.toString().endsWith(".yml")).toList()) {
        if (file.toString().contains("prune" + file.getFileSystem().getSeparator())) {
          assertThat(RecipeName.of(RecipeReader.of(RecipeReader.read(file).keys())))
              .as(file.toString())
              .isNotEmpty();
        } else if (!Files.readString(file).contains("\nsweep:")) {
          assertThat(RunConfig.read(file).prune().methods()).as(file.toString()).isNotEmpty();
        }
      }
    }
  }

  /** Names name files and rows. */
  @Test
  void recipesThatDifferHaveOtherNames() throws IOException {
    Files.writeString(folder.resolve("a.yml"), "tensors: {a: 0.5}\n");
    Files.writeString(folder.resolve("b.yml"), "tensors: {a: 0.25}\n");
    RunConfig config =
        read(
            """
            task: cola
            prune:
            - {mask: random, dropRate: 0.5, rescale: q-labelled}
            - {mask: random, dropRate: 0.5, rescale: q-labelled, searchSeeds: [7, 8]}
            - {mask: random, dropRate: 0.5, rescale: q-labelled, searchSeeds: [9]}
            - {mask: random, dropRate: 0.5, rescale: q, qFile: [a.yml, b.yml]}
            """);

    assertThat(config.prune().methods())
        .extracting(method -> RecipeName.of(method.recipe()))
        .doesNotHaveDuplicates()
        .startsWith("q-labelled", "q-labelled seeds [7, 8]", "q-labelled seeds [9]");
  }

  /** The share that is kept is not known before. */
  @Test
  void aFileOfQsHasAFallbackWhereASizeIsAskedFor() throws IOException {
    Path qs = Files.writeString(folder.resolve("q.yml"), "tensors: {a: 0.5}\n");
    Map<String, Object> said = new TreeMap<>(Map.of("bytes", "1MB", RecipeReader.Q_FILE, qs));
    assertThatThrownBy(() -> RecipeReader.of(said))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("q.yml:1: expected a fallback, as the share that is kept is found");

    Files.writeString(qs, "fallback: 0.25\ntensors: {a: 0.5}\n");
    assertThat(RecipeReader.of(said).rescale().parameters())
        .containsEntry("fallback", 0.25)
        .containsEntry("tensors", Map.of("a", 0.5));
    Files.writeString(qs, "tensors: {a: 0.5}\n");
    said.remove("bytes");
    said.put("dropRate", 0.75);
    assertThat(RecipeReader.of(said).rescale().parameters()).containsEntry("fallback", 0.25);
  }

  private RunConfig read(String yaml) throws IOException {
    return RunConfig.read(Files.writeString(folder.resolve("test.yml"), yaml));
  }
}

package io.darex.bench.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.junit.jupiter.api.DynamicTest.dynamicTest;

import io.darex.bench.Pages;
import io.darex.bench.config.RecipeReader;
import io.darex.bench.config.RunConfig;
import io.darex.bench.config.TaskConfig;
import io.darex.bench.console.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;
import org.junit.jupiter.api.io.TempDir;

/**
 * docs/CONFIG.md against the code. A section's keys are those that the error of an unknown key
 * lists. A default is right if naming it changes nothing, and an example has to change something.
 */
class ConfigPageTest {
  private static final String PAGE = "docs/CONFIG.md";
  private static final int COLUMNS = 6;
  private static final Pattern VALID = Pattern.compile("\\(valid: (.*)\\)");
  private static final String DATA =
      "train: a.tsv, dev: a.tsv, text: 0, label: 1, labels: [bad, good]";

  @TempDir private static Path folder;

  /** Reads a file into something that equals what an equal file gives. */
  private interface Reader {
    Object read(Path file);
  }

  /**
   * A mapping of the page.
   *
   * @param heading of its table
   * @param yaml a file around the mapping, which is {@code %s}, its first keys being there
   */
  private record Mapping(String heading, String yaml, Reader reader) {
    String file(String keys) {
      return String.format(yaml, keys);
    }
  }

  private static final Reader RUN = RunConfig::read;
  private static final List<Mapping> MAPPINGS =
      List.of(
          new Mapping("A run", "{task: cola%s}", RUN),
          new Mapping("Own data", "{task: {" + DATA + "%s}}", ConfigPageTest::task),
          new Mapping("Fine-tuning", "{task: cola, finetune: {limit: 0%s}}", RUN),
          new Mapping("LoRA", "{task: cola, finetune: {lora: {rank: 8%s}}}", RUN),
          new Mapping("Pruning", "{task: cola, prune: {preset: encoder%s}}", RUN),
          new Mapping("Pruning", "{preset: encoder%s}", ConfigPageTest::recipe),
          new Mapping("A file of q's", "{fallback: 0.5%s}", ConfigPageTest::scales),
          new Mapping(
              "Sweeps",
              "{task: cola, finetune: {lambda: [0, 1], epochs: [1, 2]}, sweep: {candidates: 3%s}}",
              ConfigPageTest::sweep));

  @BeforeAll
  static void writeFiles() throws IOException {
    Files.createDirectories(folder.resolve("encoder"));
    Files.createDirectories(folder.resolve("tuned"));
    Files.writeString(folder.resolve("q.yml"), "{fallback: 0.5, tensors: {w: 0.4}}");
  }

  private static Object task(Path file) {
    return TaskConfig.of(file.toString());
  }

  /** As darex prune reads it: the recipe and the file of texts. */
  private static Object recipe(Path file) {
    RecipeReader.FromFile read = RecipeReader.read(file);
    return List.of(RecipeReader.of(read.keys()).parameters(), String.valueOf(read.calibration()));
  }

  private static Object scales(Path file) {
    return RecipeReader.of(
            Map.of("mask", "random", "dropRate", 0.8, RecipeReader.Q_FILE, file.toString()))
        .parameters();
  }

  private static Object sweep(Path file) {
    SweepConfig read = SweepConfig.read(file, OptionalInt.of(8));
    return List.of(
        read.digest(),
        read.candidates(),
        read.minutes(),
        read.patience(),
        read.goal(),
        read.parallel(7),
        read.threads());
  }

  @TestFactory
  Stream<DynamicTest> everyKeyIsOnThePageAndNoOther() {
    return MAPPINGS.stream()
        .map(
            mapping ->
                dynamicTest(
                    mapping.heading() + " in " + mapping.yaml(),
                    () ->
                        assertThat(documented(mapping))
                            .containsExactlyInAnyOrderElementsOf(known(mapping))));
  }

  private static Set<String> documented(Mapping mapping) throws IOException {
    Set<String> keys = new TreeSet<>();
    rows(mapping).forEach(row -> keys.add(bare(row.get(0))));
    return keys;
  }

  /** The rows of a mapping; those under Pruning differ between a run and a file. */
  private static List<List<String>> rows(Mapping mapping) throws IOException {
    String text = Pages.section(PAGE, mapping.heading());
    if (mapping.heading().equals("Pruning")) {
      String run = "Only in a run:";
      String file = "Only in a file for `darex prune --config`:";
      assertThat(text).contains(run, file);
      text =
          mapping.yaml().contains("task")
              ? text.substring(0, text.indexOf(file))
              : text.substring(0, text.indexOf(run)) + text.substring(text.indexOf(file));
    }
    return Pages.rows(text, COLUMNS);
  }

  private static Set<String> known(Mapping mapping) throws IOException {
    Path file = write(mapping.file(", unheardOf: 1"));
    BadInputException thrown =
        catchThrowableOfType(BadInputException.class, () -> mapping.reader().read(file));
    Matcher valid = VALID.matcher(thrown.getMessage());
    assertThat(valid.find()).as(thrown.getMessage()).isTrue();
    Set<String> keys = new LinkedHashSet<>(List.of(valid.group(1).split(", ", -1)));
    keys.remove("unheardOf");
    return keys;
  }

  @TestFactory
  Stream<DynamicTest> defaultsAndExamplesAreThoseOfTheCode() throws IOException {
    List<DynamicTest> tests = new ArrayList<>();
    for (Mapping mapping : MAPPINGS) {
      for (List<String> row : rows(mapping)) {
        String name = mapping.heading() + ": " + row.get(0);
        tests.add(dynamicTest(name, () -> check(mapping, row)));
      }
    }
    return tests.stream();
  }

  private static void check(Mapping mapping, List<String> row) throws IOException {
    String key = bare(row.get(0));
    String with = bare(row.get(1)).replaceAll("^\\{|}$", "");
    String around = with.isEmpty() ? "" : ", " + with;
    // Whoever names epochs gets all of them.
    String defaulted = key.equals("epochs") ? around + ", patience: 3" : around;
    boolean ofRun = row.get(3).contains("in a run") && mapping.reader() != RUN;
    if (row.get(3).matches("`[^`]+`( in a run.*|;.*)?") && !ofRun) {
      assertThat(read(mapping, key, defaulted, defaultOf(row)))
          .as("the default of " + key)
          .isEqualTo(read(mapping, key, around, null));
    } else {
      assertThat(row.get(3)).as("the default of " + key).isNotEmpty();
    }
    String example = bare(row.get(4));
    Object without = withoutRequired(mapping, key, around, row);
    assertThat(read(mapping, key, around, example))
        .as("the example of " + key)
        .isNotEqualTo(without);
  }

  private static String defaultOf(List<String> row) {
    return row.get(3).split("`", -1)[1];
  }

  /** What a required key has in the file around the mapping, or nothing. */
  private static Object withoutRequired(
      Mapping mapping, String key, String around, List<String> row) throws IOException {
    boolean required = row.get(3).startsWith("required");
    boolean there = mapping.yaml().matches(".*[{ ]" + key + ": .*");
    return required && !there ? "nothing" : read(mapping, key, around, null);
  }

  /** The mapping with a key of this value, or as it is. */
  private static Object read(Mapping mapping, String key, String around, String value)
      throws IOException {
    String yaml = mapping.file(around);
    if (value != null) {
      String own = "([{ ])" + key + ": (\\[[^\\]]*]|[^,}]+)";
      int at = mapping.yaml().lastIndexOf(inner(mapping));
      boolean there = Pattern.compile(own).matcher(inner(mapping)).find();
      yaml =
          there
              ? String.format(
                  mapping.yaml().substring(0, at)
                      + inner(mapping)
                          .replaceFirst(own, "$1" + Matcher.quoteReplacement(key + ": " + value)),
                  around)
              : mapping.file(around + ", " + key + ": " + value);
    }
    if (key.equals("scores") && value != null) {
      yaml = yaml.replace(", labels: [bad, good]", "");
    }
    if (key.equals("format") && value != null) {
      yaml = yaml.replace("text: 0", "text: t").replace("label: 1", "label: l");
    }
    Path file = write(yaml);
    try {
      return mapping.reader().read(file);
    } catch (BadInputException e) {
      throw new AssertionError(yaml + ": " + e.getMessage(), e);
    }
  }

  /** The text of the mapping itself, from its brace on. */
  private static String inner(Mapping mapping) {
    String yaml = mapping.yaml();
    return yaml.substring(yaml.lastIndexOf('{', yaml.indexOf("%s")));
  }

  private static String bare(String cell) {
    return cell.replace("`", "").replace("\\|", "|");
  }

  /** Always under the same name, which some values come from. */
  private static Path write(String yaml) throws IOException {
    return Files.writeString(folder.resolve("page.yml"), yaml);
  }

  @Test
  void everySpaceIsOneOfASweep() throws IOException {
    List<List<String>> spaces = Pages.rows(Pages.section(PAGE, "Sweeps"), 2);
    Set<String> kinds = new TreeSet<>();
    for (List<String> row : spaces.subList(1, spaces.size())) {
      for (String space : row.get(0).split(" or ", -1)) {
        Path file =
            write("{task: cola, prune: {dropRate: " + bare(space) + "}, sweep: {candidates: 1}}")
                .toAbsolutePath();
        if (bare(space).contains("int")) {
          write("{task: cola, finetune: {epochs: " + bare(space) + "}, sweep: {candidates: 1}}");
        }
        SweepConfig read = SweepConfig.read(file, OptionalInt.of(1));
        read.axes().forEach(axis -> kinds.add(axis.kind().word()));
      }
    }
    assertThat(kinds)
        .containsExactlyElementsOf(
            new TreeSet<>(Stream.of(Axis.Kind.values()).map(Axis.Kind::word).toList()));
  }
}

package io.darex.bench.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TaskTest {
  @Test
  void everyTaskIsFoundByItsName() {
    assertThat(Task.names())
        .containsExactly(
            "cola", "sst-2", "mrpc", "sts-b", "qqp", "mnli", "qnli", "rte", "wnli", "agreement");
    assertThat(Task.ALL).allSatisfy(task -> assertThat(Task.named(task.name())).isSameAs(task));
  }

  @ParameterizedTest
  @CsvSource({
    "sst2, sst-2",
    "SST-2, sst-2",
    "sst_2, sst-2",
    "CoLA, cola",
    "RTE, rte",
    "stsb, sts-b"
  })
  void spellingsOfGlueAndHuggingFaceAreTaken(String spelling, String name) {
    assertThat(Task.named(spelling).name()).isEqualTo(name);
  }

  @Test
  void anUnknownTaskIsNotThere() {
    assertThat(Task.find("colla")).isEmpty();
  }

  @Test
  void labelsStandInGluesOrder() {
    assertThat(Task.named("cola").labels()).containsExactly("unacceptable", "acceptable");
    assertThat(Task.named("sst-2").labels()).containsExactly("negative", "positive");
    assertThat(Task.named("rte").labels()).containsExactly("entailment", "not_entailment");
    assertThat(Task.named("qnli").labels()).containsExactly("entailment", "not_entailment");
    assertThat(Task.named("wnli").labels()).containsExactly("not_entailment", "entailment");
    assertThat(Task.named("mnli").labels())
        .containsExactly("entailment", "neutral", "contradiction");
    assertThat(Task.named("sts-b").regression()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "cola, matthews_correlation",
    "sst-2, accuracy",
    "mrpc, accuracy f1",
    "sts-b, pearson spearmanr",
    "qqp, accuracy f1",
    "mnli, accuracy",
    "qnli, accuracy",
    "rte, accuracy",
    "wnli, accuracy"
  })
  void metricsAreGlues(String task, String metrics) {
    assertThat(Task.named(task).scoring().metrics())
        .extracting(Metric::glueName)
        .containsExactly(metrics.split(" "));
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "Not Entailment, ENTAILMENT | rte | 1, 0",
        "CONTRADICTION, NEUTRAL, ENTAILMENT | mnli | 2, 1, 0",
        "neutral, contradiction, entailment | mnli | 1, 2, 0",
        "LABEL_0, LABEL_1 | sst-2 | 0, 1",
        "positive, other | sst-2 | 1, 0",
      })
  void aCheckpointsOwnLabelOrderRules(String classes, String task, String labels) {
    LabelOrder order = LabelOrder.of(List.of(classes.split(", ")), Task.named(task));
    double[] expected =
        Arrays.stream(labels.split(", ")).mapToDouble(Double::parseDouble).toArray();
    float[][] outputs = new float[expected.length][expected.length];
    for (int i = 0; i < outputs.length; i++) {
      outputs[i][i] = 1;
    }
    assertThat(order.answers(outputs)).containsExactly(expected);
    // And the other way round: each of those labels is the class it came from.
    assertThat(order.classes(expected))
        .containsExactly(IntStream.range(0, expected.length).toArray());
  }

  @Test
  void aRegressionAnswersItsOutput() {
    LabelOrder order = LabelOrder.of(List.of("LABEL_0"), Task.named("sts-b"));
    assertThat(order.answer(new float[] {-2.5f})).isEqualTo(-2.5);
  }

  @Test
  void aTenthOfTrainIsHeldOut() {
    List<Example> train = numbered(1009);
    TaskData data = TaskData.split(train, numbered(3), 5);
    assertThat(data.validation()).hasSize(100);
    assertThat(data.dev()).isEqualTo(numbered(3));
    List<Example> both = new ArrayList<>(data.validation());
    both.addAll(data.train());
    assertThat(both).containsExactlyInAnyOrderElementsOf(train).isNotEqualTo(train);
  }

  @Test
  void theSplitIsAFunctionOfTheSeed() {
    TaskData data = TaskData.split(numbered(50), numbered(1), 7);
    assertThat(TaskData.split(numbered(50), numbered(1), 7)).isEqualTo(data);
    assertThat(TaskData.split(numbered(50), numbered(1), 8).validation())
        .isNotEqualTo(data.validation());
    // Frozen: results are comparable only while everyone holds out the same examples.
    assertThat(data.validation())
        .extracting(Example::text)
        .containsExactly("s3", "s7", "s31", "s6", "s19");
  }

  @Test
  void theSmallestSplitHasOneExampleEach() {
    TaskData data = TaskData.split(numbered(2), numbered(1), 0);
    assertThat(data.train()).hasSize(1);
    assertThat(data.validation()).hasSize(1);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> TaskData.split(numbered(1), numbered(1), 0));
  }

  @Test
  void theLimitKeepsTheFirstOfTrainAndAQuarterAsManyOfValidation() {
    TaskData data = TaskData.split(numbered(100), numbered(4), 1);
    TaskData limited = data.limit(20);
    assertThat(limited.train()).isEqualTo(data.train().subList(0, 20));
    assertThat(limited.validation()).isEqualTo(data.validation().subList(0, 5));
    assertThat(limited.dev()).isEqualTo(data.dev());
    assertThat(data.limit(40).validation()).isEqualTo(data.validation());
    assertThat(data.limit(1).validation()).hasSize(1);
    assertThat(data.limit(1000)).isEqualTo(data);
    assertThatIllegalArgumentException().isThrownBy(() -> data.limit(0));
  }

  /** Seeds and places make an even permutation: no position prefers a number. */
  @Test
  void permutationsAreEven() {
    int[][] counts = new int[8][8];
    for (long seed = 0; seed < 8000; seed++) {
      int[] order = new RandomChoice(seed, 0).permutation(8);
      assertThat(order).containsExactlyInAnyOrder(0, 1, 2, 3, 4, 5, 6, 7);
      for (int i = 0; i < 8; i++) {
        counts[i][order[i]]++;
      }
    }
    for (int[] row : counts) {
      // 1000 expected, standard deviation 30.
      assertThat(Arrays.stream(row).boxed()).allSatisfy(n -> assertThat(n).isBetween(850, 1150));
    }
  }

  @ParameterizedTest
  @CsvSource({"cola, 8551, 1043", "sst-2, 67349, 872", "rte, 2490, 277"})
  void theOfficialFilesLoadWhole(String name, int train, int dev) {
    Path glue = Path.of("..", "..", "shared", "glue");
    assumeTrue(Files.isDirectory(glue), "no GLUE folder at ../shared/glue beside the project");
    List<String> notices = new ArrayList<>();
    TaskData data = Task.named(name).load(new DataFolder(Optional.of(glue), notices::add), 0);
    assertThat(data.train().size() + data.validation().size()).isEqualTo(train);
    assertThat(data.dev()).hasSize(dev);
    assertThat(notices).isEmpty();
    assertThat(data.dev()).extracting(Example::label).contains(0.0, 1.0);
    assertThat(data.dev())
        .allSatisfy(e -> assertThat(e.second().isPresent()).isEqualTo(name.equals("rte")));
  }

  private static List<Example> numbered(int count) {
    return IntStream.range(0, count).mapToObj(i -> Example.of("s" + i, i % 2)).toList();
  }
}

package io.darex.bench.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.darex.bench.console.BadInputException;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class LabelOrderTest {
  private static Task task(String labels) {
    LabelSet written = LabelSet.of(List.of(labels.split(" ")));
    return new Task(
        "own",
        written.words(),
        written,
        Scoring.by(Metric.ACCURACY),
        Agreement.DEFAULT,
        Optional.empty());
  }

  private static Task named(String labels) {
    return Task.names().contains(labels) ? Task.named(labels) : task(labels);
  }

  /** The label of each class. */
  private static String labels(LabelOrder order, int classes) {
    StringBuilder labels = new StringBuilder();
    for (int each : IntStream.range(0, classes).toArray()) {
      float[] outputs = new float[classes];
      outputs[each] = 1;
      labels.append((int) order.answer(outputs));
    }
    return labels.toString();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        // The words that the files write, and usual ones.
        "neg pos | pos,neg | 10",
        "neg pos | positive,negative | 10",
        "neg pos | POSITIVE,NEGATIVE | 10",
        "negative positive | pos,neg | 10",
        "0 1 | 1,0 | 10",
        "cola | 1,0 | 10",
        "cola | acceptable,unacceptable | 10",
        "cola | grammatical,ungrammatical | 10",
        "sst-2 | POS,NEG | 10",
        "rte | not entailment,entailment | 10",
        "rte | non-entailment,entails | 10",
        "mnli | contradiction,entailment,neutral | 201",
        "mnli | contradicts,neutral,entailed | 210",
        "mrpc | paraphrase,not_paraphrase | 10",
        "qqp | duplicate,not duplicate | 10",
        "no yes | True,False | 10",
        "1 2 3 | 3 stars,2 stars,1 star | 210",
      })
  void namesTellTheOrder(String task, String classes, String labels) {
    LabelOrder order = LabelOrder.of(List.of(classes.split(",")), named(task));
    assertThat(labels(order, labels.length())).isEqualTo(labels);
    assertThat(order.assumed()).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "neg pos | LABEL_0,LABEL_1 | 01",
        "neg pos | LABEL_1,LABEL_0 | 10",
        "neg pos | 1,0 | 10",
        "neg pos | 1,2 | 01",
        "neg pos | happy,sad | 01",
        "neg pos | positive,other | 10",
        "1 0 | LABEL_0,LABEL_1 | 10",
        "cola | LABEL_1,LABEL_0 | 10",
        "0 1 | pos,neg | 10",
        "0 1 | true,false | 10",
        "0 1 2 | negative,neutral,positive | 012",
        "mnli | c,entailment,neutral | 201",
        "a b c d | a,b,x,y | 0123",
      })
  void anAssumedOrderIsSaid(String task, String classes, String labels) {
    List<String> names = List.of(classes.split(","));
    Task of = named(task);
    LabelOrder order = LabelOrder.of(names, of);
    assertThat(labels(order, labels.length())).isEqualTo(labels);
    String last = names.get(names.size() - 1);
    String label = of.labels().get(labels.charAt(labels.length() - 1) - '0');
    assertThat(order.assumed().orElseThrow())
        .contains("assuming ", last + " = " + label, "--classes")
        .doesNotContain("\n");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {"neg pos | neg,negative", "a b c d | b,a,x,y", "mnli | neutral,neutral,x"})
  void namesThatContradictAnyOrderAreRefused(String task, String classes) {
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> LabelOrder.of(List.of(classes.split(",")), named(task)))
        .withMessageContaining("expected classes that name the labels")
        .withMessageContaining("--classes");
  }

  @Test
  void classesThatAreGivenAreTheTasksLabels() {
    Task task = task("neg pos");
    List<String> given = LabelOrder.given(List.of("pos", "neg"), task);
    assertThat(LabelOrder.of(given, task).assumed()).isEmpty();
    assertThat(labels(LabelOrder.of(given, task), 2)).isEqualTo("10");
    for (String wrong : List.of("pos", "pos,pos", "pos,neg,neg", "a,b", "LABEL_0,LABEL_1")) {
      assertThatExceptionOfType(BadInputException.class)
          .isThrownBy(() -> LabelOrder.given(List.of(wrong.split(",")), task))
          .withMessageStartingWith("classes: expected the labels of task own, neg, pos, each once");
    }
    assertThatExceptionOfType(BadInputException.class)
        .isThrownBy(() -> LabelOrder.given(List.of("LABEL_0"), Task.named("sts-b")))
        .withMessageContaining("task sts-b, which has none, got LABEL_0");
  }
}

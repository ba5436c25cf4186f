package io.darex.bench.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.bench.console.BadInputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The layouts of the official download, in small files of our own writing with its oddities. */
class NineTasksTest {
  private static final String MNLI_HEAD =
      "index\tpromptID\tpairID\tgenre\tsentence1_binary_parse\tsentence2_binary_parse"
          + "\tsentence1_parse\tsentence2_parse\tsentence1\tsentence2";
  private static final String STS_HEAD =
      "index\tgenre\tfilename\tyear\told_index\tsource1\tsource2\tsentence1\tsentence2";

  @TempDir Path glue;

  private final List<String> notices = new ArrayList<>();

  /** Its columns are others: the label would be the index, or a text. */
  @ParameterizedTest
  @CsvSource({
    "mrpc, MRPC, Quality>#1 ID>#2 ID>#1 String>#2 String/1>5>6>One.>Two.",
    "sst-2, SST-2, sentence>label/a joy>1",
    "cola, CoLA, gj04>1>>Birds sing./gj05>0>*>Birds sings.",
    "qqp, QQP, id>qid1>qid2>question1>question2>is_duplicate/1>2>3>A?>B?>0"
  })
  void aLabelledFileIsNoTestSet(String task, String folder, String content) throws IOException {
    write(folder + "/test.tsv", content.replace('>', '\t').replace('/', '\n') + "\n");
    assertThatThrownBy(() -> parts(task, Partition.TEST))
        .isInstanceOf(BadInputException.class)
        .hasMessageContaining("test.tsv:1: expected the header of the task's test set, with ");
  }

  @Test
  void anIndexOfATestSetDoesNotRepeat() throws IOException {
    write("SST-2/test.tsv", "index\tsentence\n0\ta\n1\tb\n0\tc\n");
    assertThatThrownBy(() -> parts("sst-2", Partition.TEST))
        .hasMessageEndingWith(
            "test.tsv:4: expected an index that no other line has in column 1, got \"0\" as in"
                + " line 2");
  }

  @Test
  void mrpcBeginsWithAByteOrderMark() throws IOException {
    String head = "\uFEFFQuality\t#1 ID\t#2 ID\t#1 String\t#2 String\r\n";
    String quotes = "1\t1\t2\tHe said \"no.\tHe \"declined\".\r\n";
    write("MRPC/dev.tsv", head + quotes + "0\t3\t4\tÇa va.\t世界 \uD83D\uDE00");
    assertThat(dev("mrpc"))
        .containsExactly(pair("He said \"no.", "He \"declined\".", 1), pair("Ça va.", "世界 😀", 0));

    write(
        "MRPC/test.tsv", "\uFEFFindex\t#1 ID\t#2 ID\t#1 String\t#2 String\n0\t1\t2\tOne.\tTwo.\n");
    Part test = parts("mrpc", Partition.TEST).get(0);
    assertThat(test.examples()).containsExactly(pair("One.", "Two.", Double.NaN));
    assertThat(test.labelled()).isFalse();
  }

  @Test
  void stsBHasScores() throws IOException {
    String row = "0\tnews\tf\t2012\t1\tnone\tnone\tA plane.\tAn \"air plane.\t";
    write("STS-B/dev.tsv", STS_HEAD + "\tscore\n" + row + "5.000\n" + row + "0\n" + row + "3.8");
    assertThat(dev("sts-b")).extracting(Example::label).containsExactly(5.0, 0.0, 3.8);
    assertThat(dev("sts-b").get(0).second()).contains("An \"air plane.");

    for (String wrong :
        List.of("five", "", "5.1", "-0.2", "NaN", "Infinity", "3d", "0x1p1", " 3", "1e999")) {
      write("STS-B/dev.tsv", STS_HEAD + "\tscore\n" + row + "1\n" + row + wrong + "\n");
      assertThatThrownBy(() -> dev("sts-b"))
          .isInstanceOf(BadInputException.class)
          .hasMessage(
              glue.resolve("STS-B/dev.tsv")
                  + ":3: expected a score from 0 to 5 in the last column, got \""
                  + wrong
                  + "\"");
    }
    write("STS-B/test.tsv", STS_HEAD + "\n7\tnews\tf\t2012\t1\tnone\tnone\tOne.\tTwo.\n");
    Part test = parts("sts-b", Partition.TEST).get(0);
    assertThat(test.indices()).containsExactly("7");
    assertThat(test.examples()).containsExactly(pair("One.", "Two.", Double.NaN));
  }

  @Test
  void qqpPassesMalformedLinesOverAndSaysSoOnce() throws IOException {
    String head = "id\tqid1\tqid2\tquestion1\tquestion2\tis_duplicate\n";
    String good = "1\t2\t3\tWhy?\tHow?\t1\n";
    String longer = "1\t2\t3\tWhy?\tHow\tcome?\t0\n";
    write("QQP/dev.tsv", head + good + "4\t5\t6\tWhy not\n?\tHow?\t0\n" + longer + good);
    assertThat(dev("qqp")).containsExactly(pair("Why?", "How?", 1), pair("Why?", "How?", 1));
    assertThat(notices)
        .containsExactly(glue.resolve("QQP/dev.tsv") + ":3: malformed lines passed over: 3");

    // A label that is none is no broken line.
    write("QQP/dev.tsv", head + good + good.replace("\t1\n", "\tx\n"));
    assertThatThrownBy(() -> dev("qqp"))
        .hasMessageEndingWith(":3: expected label 0 or 1 in column 6, got \"x\"");

    write("QQP/test.tsv", "id\tquestion1\tquestion2\n0\tWhy?\tHow?\n1\tWhy?\n");
    assertThatThrownBy(() -> parts("qqp", Partition.TEST))
        .hasMessageEndingWith("test.tsv:3: expected 3 tab-separated columns, got 2");
    write("QQP/test.tsv", "id\tquestion1\tquestion2\n0\tWhy?\tHow?\n");
    assertThat(parts("qqp", Partition.TEST).get(0).examples())
        .containsExactly(pair("Why?", "How?", Double.NaN));
  }

  @Test
  void mnliHasTwoDevSetsAndOtherColumnsInTrain() throws IOException {
    String row = "0\tp\tq\tfiction\t( a )\t( b )\tA\tB\tOne.\tTwo.\t";
    write(
        "MNLI/train.tsv",
        MNLI_HEAD
            + "\tlabel1\tgold_label\n"
            + row
            + "neutral\tneutral\n"
            + row
            + "neutral\tcontradiction\n");
    String head = MNLI_HEAD + "\tlabel1\tlabel2\tlabel3\tlabel4\tlabel5\tgold_label\n";
    write("MNLI/dev_matched.tsv", head + row + "a\tb\tc\td\te\tentailment\n");
    write("MNLI/dev_mismatched.tsv", head + row + "a\tb\tc\td\te\tneutral\n");
    List<Part> dev = parts("mnli", Partition.DEV);
    assertThat(dev).extracting(Part::name).containsExactly("dev_matched", "dev_mismatched");
    assertThat(dev.get(0).examples()).containsExactly(pair("One.", "Two.", 0));
    assertThat(dev.get(1).examples()).containsExactly(pair("One.", "Two.", 1));
    assertThat(parts("mnli", Partition.TRAIN).get(0).examples())
        .extracting(Example::label)
        .containsExactly(1.0, 2.0);
    TaskData data = Task.named("mnli").load(folder(), 0);
    assertThat(data.dev()).isEqualTo(dev.get(0).examples());

    write("MNLI/dev_matched.tsv", head + row + "a\tb\tc\td\te\t-\n");
    assertThatThrownBy(() -> dev("mnli"))
        .hasMessageEndingWith(
            ":2: expected label entailment or neutral or contradiction in the last column, got"
                + " \"-\"");
  }

  @Test
  void qnliRteAndWnliArePairs() throws IOException {
    write(
        "QNLI/dev.tsv", "index\tquestion\tsentence\tlabel\n0\tWho?\tHe, \"x\".\tnot_entailment\n");
    assertThat(dev("qnli")).containsExactly(pair("Who?", "He, \"x\".", 1));
    write("RTE/dev.tsv", "index\tsentence1\tsentence2\tlabel\n0\tOne.\tTwo.\tentailment\n");
    assertThat(dev("rte")).containsExactly(pair("One.", "Two.", 0));
    write("WNLI/dev.tsv", "index\tsentence1\tsentence2\tlabel\n0\tOne.\tTwo.\t1");
    assertThat(dev("wnli")).containsExactly(pair("One.", "Two.", 1));
    for (String task : List.of("QNLI", "RTE", "WNLI")) {
      write(task + "/test.tsv", "index\tsentence1\tsentence2\n0\tOne.\tTwo.\n1\tA.\t\n");
      assertThat(parts(task, Partition.TEST).get(0).examples())
          .containsExactly(pair("One.", "Two.", Double.NaN), pair("A.", "", Double.NaN));
    }
    assertThat(notices)
        .hasSize(3)
        .allMatch(n -> n.endsWith(":3: examples with an empty text, kept: 1"));
  }

  @Test
  void testFilesOfSingleTextsHaveIndexAndText() throws IOException {
    for (String task : List.of("CoLA", "SST-2")) {
      write(task + "/test.tsv", "index\tsentence\n0\tOne \"two.\n1\tThree.");
      Part test = parts(task, Partition.TEST).get(0);
      assertThat(test.indices()).containsExactly("0", "1");
      assertThat(test.examples()).extracting(Example::text).containsExactly("One \"two.", "Three.");
      write(task + "/test.tsv", "0\tOne.\n1\tTwo.\n");
      assertThatThrownBy(() -> parts(task, Partition.TEST))
          .hasMessageEndingWith("test.tsv:1: expected a header line, got an example");
    }
  }

  @Test
  void submissionsAreWrittenAsGlueWantsThem() throws IOException {
    assertThat(submission("cola", "test", 1, 0)).isEqualTo("CoLA.tsv 0:1 1:0");
    assertThat(submission("sst-2", "test", 0, 1)).isEqualTo("SST-2.tsv 0:0 1:1");
    assertThat(submission("mrpc", "test", 1, 1)).isEqualTo("MRPC.tsv 0:1 1:1");
    assertThat(submission("qqp", "test", 1, 0)).isEqualTo("QQP.tsv 0:1 1:0");
    assertThat(submission("sts-b", "test", 5.25, -0.5)).isEqualTo("STS-B.tsv 0:5 1:0");
    assertThat(submission("sts-b", "test", 0.0001f, 2.5)).isEqualTo("STS-B.tsv 0:0.0001 1:2.5");
    assertThat(submission("mnli", "test_matched", 2, 0))
        .isEqualTo("MNLI-m.tsv 0:contradiction 1:entailment");
    assertThat(submission("mnli", "test_mismatched", 1, 1))
        .isEqualTo("MNLI-mm.tsv 0:neutral 1:neutral");
    assertThat(submission("qnli", "test", 1, 0))
        .isEqualTo("QNLI.tsv 0:not_entailment 1:entailment");
    assertThat(submission("rte", "test", 0, 1)).isEqualTo("RTE.tsv 0:entailment 1:not_entailment");
    assertThat(submission("wnli", "test", 0, 1)).isEqualTo("WNLI.tsv 0:0 1:1");
  }

  @Test
  void predictionsHaveTheRightLabelBesideThem() throws IOException {
    Path file = glue.resolve("p.tsv");
    Part part = Part.of("dev", List.of(pair("a", "b", 1), pair("c", "d", 0)));
    new Predictions(Task.named("rte"), part, new double[] {0, 0}).write(file);
    assertThat(file)
        .hasContent(
            "index\tprediction\tlabel\n0\tentailment\tnot_entailment\n1\tentailment\tentailment\n");
    Part test = new Part("test", List.of("9"), List.of(pair("a", "b", Double.NaN)));
    new Predictions(Task.named("sts-b"), test, new double[] {5.5}).write(file);
    assertThat(file).hasContent("index\tprediction\tlabel\n9\t5.5\t\n");
  }

  private String submission(String task, String part, double... answers) throws IOException {
    List<Example> examples = List.of(Example.of("a", Double.NaN), Example.of("b", Double.NaN));
    Path file =
        new Predictions(Task.named(task), Part.of(part, examples), answers).writeSubmission(glue);
    List<String> lines = Files.readAllLines(file);
    assertThat(lines.get(0)).isEqualTo("index\tprediction");
    return file.getFileName()
        + " "
        + String.join(" ", lines.subList(1, lines.size())).replace('\t', ':');
  }

  private static Example pair(String first, String second, double label) {
    return new Example(first, Optional.of(second), label);
  }

  private List<Example> dev(String task) {
    return parts(task, Partition.DEV).get(0).examples();
  }

  private List<Part> parts(String task, Partition partition) {
    return Task.named(task).source().parts(partition, folder());
  }

  private DataFolder folder() {
    return new DataFolder(Optional.of(glue), notices::add);
  }

  private void write(String name, String content) throws IOException {
    Path file = glue.resolve(name);
    Files.createDirectories(file.getParent());
    Files.writeString(file, content);
  }
}

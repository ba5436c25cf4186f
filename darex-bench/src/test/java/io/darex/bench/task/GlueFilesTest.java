package io.darex.bench.task;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.darex.bench.console.BadInputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small files of our own writing, with the oddities of the official ones and some hostile ones. */
class GlueFilesTest {
  private static final String COLA = "x1\t1\t\tBirds sing.\nx1\t0\t*\tBirds sings.\n";

  @TempDir Path glue;

  private final List<String> notices = new ArrayList<>();

  @BeforeEach
  void wholeTasks() throws IOException {
    write("CoLA", COLA, COLA);
    write("SST-2", "sentence\tlabel\na joy \t1\na bore \t0\n", "sentence\tlabel\nfine \t1\n");
    String rte =
        """
        index\tsentence1\tsentence2\tlabel
        0\tIt rains.\tIt is wet.\tentailment
        1\tIt rains.\tIt is dry.\tnot_entailment
        """;
    write("RTE", rte, rte);
  }

  @Test
  void readsTheThreeLayouts() {
    assertThat(dev("cola"))
        .containsExactly(Example.of("Birds sing.", 1), Example.of("Birds sings.", 0));
    assertThat(dev("sst-2")).containsExactly(Example.of("fine ", 1));
    assertThat(dev("rte"))
        .containsExactly(
            new Example("It rains.", Optional.of("It is wet."), 0),
            new Example("It rains.", Optional.of("It is dry."), 1));
  }

  @Test
  void quotesAreCharactersLikeAnyOther() throws IOException {
    assertThat(colaDev("x\t1\t\t\"Who, he asked.\nx\t1\t\tA \"b\" c\"\n"))
        .extracting(Example::text)
        .containsExactly("\"Who, he asked.", "A \"b\" c\"");
  }

  @Test
  void takesCarriageReturnsByteOrderMarkAndNoFinalNewline() throws IOException {
    assertThat(colaDev("\uFEFFx\t1\t\tOne.\r\nx\t0\t\tTwo."))
        .containsExactly(Example.of("One.", 1), Example.of("Two.", 0));
    write("SST-2", "", "\uFEFFsentence\tlabel\r\nfine \t1\r\n");
    assertThat(dev("sst-2")).containsExactly(Example.of("fine ", 1));
  }

  @Test
  void otherLineEndsOfUnicodeAreText() throws IOException {
    assertThat(colaDev("x\t1\t\ta\rb\u0085c\u2028d\u000Be\n"))
        .containsExactly(Example.of("a\rb\u0085c\u2028d\u000Be", 1));
  }

  @Test
  void takesTextBeyondAscii() throws IOException {
    assertThat(colaDev("x\t1\t\tÇa va, 世界 \uD83D\uDE00?\n"))
        .containsExactly(Example.of("Ça va, 世界 \uD83D\uDE00?", 1));
  }

  @Test
  void namesFileAndLineOfAMalformedLine() throws IOException {
    refusesCola("x\t1\t\tOne.\nx\t1\tTwo.\n", ":2: expected 4 tab-separated columns, got 3");
    refusesCola(
        "x\t1\t\tOne.\nx\t1\t\tTwo.\tmore\n", ":2: expected 4 tab-separated columns, got 5");
    refusesCola("x\t1\t\tOne.\n\nx\t1\t\tTwo.\n", ":2: expected 4 tab-separated columns, got 1");
    write("RTE", "", "index\tsentence1\tsentence2\tlabel\n0\tIt rains.\tentailment\n");
    refuses("rte", "RTE", ":2: expected 4 tab-separated columns, got 3");
  }

  @Test
  void namesFileAndLineOfALabelOutsideTheRange() throws IOException {
    refusesCola("x\t1\t\tOne.\nx\t2\t\tTwo.\n", ":2: expected label 0 or 1 in column 2, got \"2\"");
    refusesCola("x\t\t\tOne.\n", ":1: expected label 0 or 1 in column 2, got \"\"");
    write("RTE", "", "index\tsentence1\tsentence2\tlabel\n0\ta\tb\tneutral\n");
    refuses(
        "rte",
        "RTE",
        ":2: expected label entailment or not_entailment in column 4, got \"neutral\"");
  }

  @Test
  void keepsEmptyTextsAndSaysSoOnce() throws IOException {
    assertThat(colaDev("x\t1\t\tOne.\nx\t1\t\t \nx\t0\t\t\n"))
        .extracting(Example::text)
        .containsExactly("One.", " ", "");
    assertThat(notices).containsExactly(file("CoLA") + ":2: examples with an empty text, kept: 2");
    write("RTE", "", "index\tsentence1\tsentence2\tlabel\n0\ta\t\tentailment\n");
    assertThat(dev("rte")).containsExactly(new Example("a", Optional.of(""), 0));
    assertThat(notices).hasSize(2);
  }

  @Test
  void refusesOtherEncodings() throws IOException {
    Files.write(
        file("CoLA"), "x\t1\t\tOne.\nx\t1\t\tÇa va.\n".getBytes(StandardCharsets.ISO_8859_1));
    refuses("cola", "CoLA", ":2: expected UTF-8, got other bytes");
  }

  @Test
  void refusesAHeaderThatIsNone() throws IOException {
    write("SST-2", "", "fine \t1\nbad \t0\n");
    refuses("sst-2", "SST-2", ":1: expected a header line, got an example");
    write("SST-2", "", "sentence\nfine\n");
    refuses("sst-2", "SST-2", ":1: expected a header with column 2, got \"sentence\"");
  }

  @Test
  void refusesTooFewExamples() throws IOException {
    refusesCola("", ": expected 1 or more examples, got 0");
    write("SST-2", "", "sentence\tlabel\n");
    refuses("sst-2", "SST-2", ": expected 1 or more examples, got 0");
    write("CoLA", "x\t1\t\tOne.\n", COLA);
    assertThatThrownBy(() -> Task.named("cola").load(folder(glue), 0))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            glue.resolve("CoLA").resolve("train.tsv") + ": expected 2 or more examples, got 1");
  }

  @Test
  void namesWhatIsMissing() throws IOException {
    assertThatThrownBy(
            () -> Task.named("cola").load(new DataFolder(Optional.empty(), notices::add), 0))
        .isInstanceOf(BadInputException.class)
        .hasMessage("CoLA: expected the GLUE folder (--glue DIR), got none");

    Files.delete(file("CoLA"));
    refuses("cola", "CoLA", ": expected a file, got nothing of that name");
    Files.delete(glue.resolve("CoLA").resolve("train.tsv"));
    Files.delete(glue.resolve("CoLA"));
    assertThatThrownBy(() -> dev("cola"))
        .isInstanceOf(BadInputException.class)
        .hasMessage(
            glue.resolve("CoLA") + ": expected a folder with dev.tsv, got nothing of that name");

    Path nowhere = glue.resolve("nowhere");
    assertThatThrownBy(() -> Task.named("cola").load(folder(nowhere), 0))
        .isInstanceOf(BadInputException.class)
        .hasMessage(nowhere + ": expected a folder with GLUE's CoLA, got nothing of that name");
    Path file = file("RTE");
    assertThatThrownBy(() -> Task.named("cola").load(folder(file), 0))
        .isInstanceOf(BadInputException.class)
        .hasMessage(file + ": expected a folder with GLUE's CoLA, got a file");
  }

  @Test
  void aFolderInPlaceOfTheFileCannotBeRead() throws IOException {
    Files.delete(file("CoLA"));
    Files.createDirectory(file("CoLA"));
    assertThatThrownBy(() -> dev("cola"))
        .isInstanceOf(BadInputException.class)
        .hasMessage(file("CoLA") + ": expected a file, got a folder");
  }

  @Test
  void messagesAreOneShortLine() throws IOException {
    String label = "\u001B[31m\r" + "9".repeat(500);
    write("CoLA", COLA, "x\t" + label + "\t\tOne.\n");
    assertThatThrownBy(() -> dev("cola"))
        .isInstanceOf(BadInputException.class)
        .hasMessageNotContainingAny("\u001B", "\r", "\n")
        .hasMessageEndingWith("99…\"")
        .satisfies(
            e -> assertThat(e.getMessage().length()).isLessThan(200 + glue.toString().length()));
  }

  private List<Part> parts(String task, Partition partition) {
    return Task.named(task).source().parts(partition, folder(glue));
  }

  private DataFolder folder(Path path) {
    return new DataFolder(Optional.of(path), notices::add);
  }

  private List<Example> dev(String task) {
    return parts(task, Partition.DEV).get(0).examples();
  }

  private List<Example> colaDev(String content) throws IOException {
    write("CoLA", COLA, content);
    return dev("cola");
  }

  private void refusesCola(String content, String message) throws IOException {
    write("CoLA", COLA, content);
    refuses("cola", "CoLA", message);
  }

  private void refuses(String task, String folder, String message) {
    assertThatThrownBy(() -> dev(task))
        .isInstanceOf(BadInputException.class)
        .hasMessage(file(folder) + message);
  }

  private Path file(String folder) {
    return glue.resolve(folder).resolve("dev.tsv");
  }

  private void write(String folder, String train, String dev) throws IOException {
    Files.createDirectories(glue.resolve(folder));
    Files.writeString(glue.resolve(folder).resolve("train.tsv"), train);
    Files.writeString(file(folder), dev);
  }
}

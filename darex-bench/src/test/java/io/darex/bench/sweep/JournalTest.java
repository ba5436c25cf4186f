package io.darex.bench.sweep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.DoubleNode;
import com.fasterxml.jackson.databind.node.TextNode;
import io.darex.bench.console.BadInputException;
import io.darex.bench.report.CandidateResult;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class JournalTest {
  private static final CandidateResult FIRST =
      new CandidateResult(
          1,
          Map.of("finetune.lambda", DoubleNode.valueOf(1e-4)),
          Map.of(
              CandidateResult.PRUNED,
              0.1 + 0.2,
              CandidateResult.TUNED,
              0.4,
              CandidateResult.BYTES,
              9.0),
          Map.of(CandidateResult.PRUNED, 0.5, CandidateResult.TUNED, 0.6),
          List.of("digest"),
          null,
          3,
          4);
  private static final CandidateResult SECOND =
      CandidateResult.failed(0, Map.of("prune.mask", TextNode.valueOf("rändom")), "a\treason");

  @TempDir private Path folder;

  private byte[] twoLines() throws IOException {
    try (Journal journal = Journal.open(folder, "sweep")) {
      journal.append(FIRST);
      journal.append(SECOND);
    }
    return Files.readAllBytes(folder.resolve(Journal.FILE));
  }

  @Test
  void isReadAsItWasWritten() throws IOException {
    twoLines();

    try (Journal journal = Journal.open(folder, "sweep")) {
      assertThat(journal.trials()).containsExactly(SECOND, FIRST);
      assertThat(journal.trial(1)).contains(FIRST);
      assertThat(journal.trial(2)).isEmpty();
    }
  }

  /** Wherever a crash has cut it off, it keeps the whole lines and takes new ones. */
  @Test
  void tornAnywhereItLosesOneLineAtMost() throws IOException {
    byte[] whole = twoLines();
    Path file = folder.resolve(Journal.FILE);
    for (int length = 0; length < whole.length; length++) {
      byte[] torn = Arrays.copyOf(whole, length);
      Files.write(file, torn);
      long ends = 0;
      for (byte each : torn) {
        ends += each == '\n' ? 1 : 0;
      }
      try (Journal journal = Journal.open(folder, "sweep")) {
        assertThat(journal.trials()).as("cut at " + length).hasSize((int) Math.max(0, ends - 1));
        if (journal.trial(1).isEmpty()) {
          journal.append(FIRST);
        }
        if (journal.trial(0).isEmpty()) {
          journal.append(SECOND);
        }
      }
      assertThat(file).as("cut at " + length).hasBinaryContent(whole);
    }
  }

  @Test
  void aLineOfZerosAtTheEndIsDropped() throws IOException {
    byte[] whole = twoLines();
    Path file = folder.resolve(Journal.FILE);
    byte[] longer = Arrays.copyOf(whole, whole.length + 9);
    longer[longer.length - 1] = '\n';
    Files.write(file, longer);

    Journal.open(folder, "sweep").close();

    assertThat(file).hasBinaryContent(whole);
  }

  @Test
  void anotherSweepsOrABrokenOneIsRefusedAndLeftAlone() throws IOException {
    byte[] whole = twoLines();
    Path file = folder.resolve(Journal.FILE);

    assertThatThrownBy(() -> Journal.open(folder, "another"))
        .isInstanceOf(BadInputException.class)
        .hasMessageStartingWith(file + ": belongs to another sweep");
    assertThat(file).hasBinaryContent(whole);

    List<String> lines = Files.readAllLines(file);
    Files.write(file, List.of(lines.get(0), "nonsense", lines.get(2)));
    assertThatThrownBy(() -> Journal.open(folder, "sweep"))
        .isInstanceOf(BadInputException.class)
        .hasMessage(file + ":2: expected a line of a sweep's journal");
  }

  /** An editor's line ends and a line that says too little were once cut off, or failed later. */
  @Test
  void losesNothingToWhatAnEditorDoesAndSaysWhichLineIsNone() throws IOException {
    Path file = folder.resolve(Journal.FILE);
    String whole = new String(twoLines(), StandardCharsets.UTF_8);
    Files.writeString(file, whole.replace("\n", "\r\n"));
    try (Journal journal = Journal.open(folder, "sweep")) {
      assertThat(journal.trials()).containsExactly(SECOND, FIRST);
    }
    assertThat(file).hasContent(whole.replace("\n", "\r\n"));

    for (String broken :
        List.of("null", "{\"candidate\":2}", "{\"candidate\":-1,\"failed\":\"\"}")) {
      List<String> lines = whole.lines().toList();
      Files.write(file, List.of(lines.get(0), broken, lines.get(2)));
      assertThatThrownBy(() -> Journal.open(folder, "sweep"))
          .as(broken)
          .isInstanceOf(BadInputException.class)
          .hasMessage(file + ":2: expected a line of a sweep's journal");
    }
  }

  /** A line without its end is torn only if it is the beginning of this journal. */
  @Test
  void anothersFileIsNotEmptied() throws IOException {
    Path file = Files.writeString(folder.resolve(Journal.FILE), "{\"entry\": \"dear diary\"}");

    assertThatThrownBy(() -> Journal.open(folder, "sweep"))
        .isInstanceOf(BadInputException.class)
        .hasMessage(file + ": expected the journal of a sweep, got another file");
    assertThat(file).hasContent("{\"entry\": \"dear diary\"}");
    assertThat(Journal.isOne(file)).isFalse();
  }

  @Test
  void noLinkIsFollowed() throws IOException {
    Path victim = folder.resolve("victim");
    Files.createSymbolicLink(folder.resolve(Journal.FILE), victim);

    assertThatThrownBy(() -> Journal.open(folder, "sweep")).isInstanceOf(IOException.class);
    assertThat(victim).doesNotExist();
  }
}

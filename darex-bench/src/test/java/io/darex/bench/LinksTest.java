package io.darex.bench;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Every document, section and heading that a text file of the repository names is there. Examples
 * have $ for § and an underscore in the names of documents, or this file would be looked at as one.
 */
class LinksTest {
  @TempDir Path root;

  @BeforeEach
  void writePages() throws IOException {
    Files.createDirectories(root.resolve("docs/adr"));
    Files.writeString(
        root.resolve("docs/GUIDE.md"),
        """
        # The guide
        ## 1. First `word`: λ & more
        ### 1.2 Second
        ## Twice
        ## Twice
        ```
        ## 7. no heading
        ```
        """);
  }

  @Test
  void nothingInTheRepositoryLeadsNowhere() throws IOException {
    Path repository = Links.repository();
    Links links = new Links(repository);
    List<Path> files = links.files();
    assertThat(files)
        .contains(repository.resolve("README.md"), repository.resolve("docs/METHOD.md"))
        .contains(repository.resolve("configs/quickstart.yml"))
        .contains(repository.resolve("darex-prune/src/main/java/io/darex/prune/Delta.java"))
        .noneMatch(file -> file.toString().contains("/target/"));
    List<String> problems = new ArrayList<>();
    for (Path file : files) {
      problems.addAll(links.problems(file));
    }
    assertThat(problems).isEmpty();
  }

  /** The problems of a file with this text. */
  private List<String> problems(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, plain(text));
    return new Links(root).problems(path);
  }

  private static String plain(String text) {
    return text.replace('$', '§').replace("_", "");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/** The word (docs/GUIDE_.md $1, $1.2 and $1). */",
        "/** The word (docs/GUIDE_.md\n   * $1.2) and more. */",
        "// The word, docs/GUIDE_.md\n// $1: more",
        "Path.of(\"..\", \"docs\", \"GUIDE_.md\")",
        "\"tuned/README.md\"",
        "https://example.org/OTHER_.md"
      })
  void whatIsThereIsFound(String text) throws IOException {
    assertThat(problems("src/test/A.java", text)).isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "see docs/GUIDE_.md $3 | section of docs/GUIDE_.md, got $3",
        "see docs/GUIDE_.md $1 and $1.3 | section of docs/GUIDE_.md, got $1.3",
        "see docs/GUIDE_.md $7 | section of docs/GUIDE_.md, got $7",
        "see GUIDE_.md $1 | got GUIDE_.md",
        "see METHOD_.md $1 | got METHOD_.md",
        "see DESIGN_.md | got DESIGN_.md",
        "see docs/STACK_.md | got docs/STACK_.md",
        "as $1 says | got $1"
      })
  void whatIsNotThereIsReported(String text, String problem) throws IOException {
    for (String file : List.of("src/test/A.java", "configs/a.yml", "pom.xml", "NOTES.md")) {
      assertThat(problems(file, text))
          .singleElement()
          .asString()
          .startsWith(file + ": expected ")
          .contains(plain(problem));
    }
  }

  @Test
  void pagesNameEachOtherAndThemselves() throws IOException {
    assertThat(
            problems(
                "docs/OTHER.md", "## 4. Here\nAs $4 says, GUIDE_.md $1.2 and ../docs/GUIDE_.md"))
        .isEmpty();
    assertThat(problems("docs/adr/0001.md", "docs/GUIDE_.md $1, ../GUIDE_.md $1")).isEmpty();
    assertThat(problems("docs/OTHER.md", "## 4. Here\n$5, GUIDE_.md $4")).hasSize(2);
    assertThat(problems("docs/adr/0001.md", "GUIDE_.md")).hasSize(1);
  }

  @Test
  void linksLeadToFilesAndHeadings() throws IOException {
    assertThat(
            problems(
                "docs/OTHER.md",
                """
                # Here it is
                [a](GUIDE_.md) [b](GUIDE_.md#1-first-word-λ--more) [c](#here-it-is) [d](adr)
                ![e](../docs/GUIDE_.md#twice-1) [f](https://example.org/x#y) `[g](gone.md)`
                ```
                [h](gone.md)
                ```
                """))
        .isEmpty();
    for (String link :
        List.of(
            "gone.md", "GUIDE_.md#third", "#here", "GUIDE_.md#7-no-heading", "../../x", "adr#a")) {
      assertThat(problems("docs/OTHER.md", "# Here it is\n[a](" + link + ")"))
          .singleElement()
          .asString()
          .contains(": expected a link to ")
          .endsWith("got " + plain(link));
    }
  }

  @Test
  void noMessageNamesADocument() throws IOException {
    String code =
        "fail(\"see docs/GUIDE_.md\"); // docs/GUIDE_.md $1\nfiles.remove(\"README.md\");";
    assertThat(problems("a/src/main/java/A.java", code))
        .containsExactly(
            plain(
                "a/src/main/java/A.java: expected no document in a message, got \"see"
                    + " docs/GUIDE_.md\""));
    assertThat(problems("a/src/test/java/A.java", code)).isEmpty();
  }
}

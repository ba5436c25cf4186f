package io.darex.bench;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The rules of the house (docs/ARCHITECTURE.md). */
@AnalyzeClasses(packages = "io.darex", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {
  private static final String DL4J_ROOM = "io.darex.prune.dl4j..";

  @ArchTest
  static final ArchRule packagesFormNoCircle =
      slices().matching("io.darex.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule optimKnowsNothingOfPruning =
      noClasses()
          .that()
          .resideInAPackage("io.darex.optim..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.darex.prune..", "io.darex.bench..");

  @ArchTest
  static final ArchRule pruneKnowsNothingOfOptimisersOrBenches =
      noClasses()
          .that()
          .resideInAPackage("io.darex.prune..")
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("io.darex.optim..", "io.darex.bench..");

  @ArchTest
  static final ArchRule pruneStartsWithoutNd4j =
      noClasses()
          .that()
          .resideInAPackage("io.darex.prune..")
          .and()
          .resideOutsideOfPackage(DL4J_ROOM)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("org.nd4j..", "org.deeplearning4j..", "org.bytedeco..", DL4J_ROOM);
}

/* Classes and objects, on three toy classes: Animal > Dog > Puppy. */
#include "testing.h"

#include <pthread.h>

#include <faiss/impl/check.h>
#include <faiss/impl/object.h>

#include "failing.h"

typedef struct FaissAnimal {
    struct FaissAnimalClass *cls;
    int legs;
} FaissAnimal;

typedef struct FaissAnimalClass {
    FaissClass head;
    const char *(*sound) (const FaissAnimal *self);
    const char *(*food) (const FaissAnimal *self);
} FaissAnimalClass;

typedef struct FaissDog {
    union {
        FaissAnimal animal;
    };
    char *name;
} FaissDog;

typedef struct FaissDogClass {
    FaissAnimalClass animal;
    const char *(*fetch) (const FaissDog *self);
} FaissDogClass;

typedef struct FaissPuppy {
    union {
        FaissAnimal animal;
        FaissDog dog;
    };
    char *toy;
} FaissPuppy;

static char journal[200];

static const char *silence (const FaissAnimal *self) {
    (void)self;
    return "";
}
static const char *grass (const FaissAnimal *self) {
    (void)self;
    return "grass";
}
static const char *bark (const FaissAnimal *self) {
    return FAISS_CONST_SELF (Dog, animal, self)->name;
}
static const char *squeak (const FaissAnimal *self) {
    (void)self;
    return "squeak";
}
static const char *stick (const FaissDog *self) {
    (void)self;
    return "stick";
}

static FaissStatus Animal_copy (void *self, const void *other) {
    ((FaissAnimal *)self)->legs = ((const FaissAnimal *)other)->legs;
    return FAISS_OK;
}
static void Animal_finalize (void *self) {
    (void)self;
    strcat (journal, "animal ");
}
static FaissStatus Animal_write (const void *self, struct FaissIOWriter *writer, int io_flags) {
    (void)self, (void)writer, (void)io_flags;
    FAISS_FAIL ("animals cannot be written");
}

static FaissStatus copy_text (char **out, const char *text) {
    if (text) {
        FAISS_TRY (faiss_alloc (out, strlen (text) + 1, 1));
        strcpy (*out, text);
    }
    return FAISS_OK;
}
static FaissStatus Dog_copy (void *self, const void *other) {
    return copy_text (&((FaissDog *)self)->name, ((const FaissDog *)other)->name);
}
static void Dog_finalize (void *self) {
    free (((FaissDog *)self)->name);
    strcat (journal, "dog ");
}
static FaissStatus Puppy_copy (void *self, const void *other) {
    return copy_text (&((FaissPuppy *)self)->toy, ((const FaissPuppy *)other)->toy);
}
static void Puppy_finalize (void *self) {
    free (((FaissPuppy *)self)->toy);
    strcat (journal, "puppy ");
}

static FaissAnimalClass Animal_class = {
    .head = {.name = "Animal",
             .instance_size = sizeof (FaissAnimal),
             .table_size = sizeof (FaissAnimalClass),
             .finalize = Animal_finalize,
             .copy = Animal_copy,
             .write = Animal_write},
    .sound = silence,
    .food = grass,
};
static FaissDogClass Dog_class = {
    .animal = {.head = {.name = "Dog",
                        .parent = &Animal_class.head,
                        .instance_size = sizeof (FaissDog),
                        .table_size = sizeof (FaissDogClass),
                        .finalize = Dog_finalize,
                        .copy = Dog_copy,
                        .tags = "DoGg"},
               .sound = bark},
    .fetch = stick,
};
static FaissDogClass Puppy_class = {
    .animal = {.head = {.name = "Puppy",
                        .parent = &Dog_class.animal.head,
                        .instance_size = sizeof (FaissPuppy),
                        .table_size = sizeof (FaissDogClass),
                        .finalize = Puppy_finalize,
                        .copy = Puppy_copy},
               .sound = squeak},
};

static FaissPuppy *new_puppy (void) {
    FaissPuppy *puppy = NULL;
    assert_ok (faiss_object_new (&puppy, &Puppy_class.animal.head));
    puppy->animal.legs = 4;
    assert_ok (copy_text (&puppy->dog.name, "Rex"));
    assert_ok (copy_text (&puppy->toy, "ball"));
    return puppy;
}

static void a_missing_slot_is_inherited_at_any_depth (void **state) {
    (void)state;
    FaissPuppy *puppy = new_puppy ();
    assert_string_equal (puppy->animal.cls->sound (&puppy->animal), "squeak");
    assert_string_equal (puppy->animal.cls->food (&puppy->animal), "grass");
    assert_string_equal (Puppy_class.fetch (&puppy->dog), "stick");
    assert_ptr_equal (Puppy_class.animal.head.write, Animal_write);
    assert_null (Puppy_class.animal.head.tags);
    assert_null (Puppy_class.animal.head.read);
    faiss_object_free (puppy);
}

static void finalizers_run_from_the_class_to_its_root (void **state) {
    (void)state;
    FaissPuppy *puppy = new_puppy ();
    journal[0] = '\0';
    faiss_object_free (puppy);
    assert_string_equal (journal, "puppy dog animal ");
    faiss_object_free (NULL);
}

static void a_cast_succeeds_upwards_only (void **state) {
    (void)state;
    FaissPuppy *puppy = new_puppy ();
    FaissDog *dog = NULL;
    assert_ok (faiss_object_new (&dog, &Dog_class.animal.head));
    assert_ptr_equal (faiss_object_cast (puppy, &Puppy_class.animal.head), puppy);
    assert_ptr_equal (faiss_object_cast (puppy, &Dog_class.animal.head), puppy);
    assert_ptr_equal (faiss_object_cast (puppy, &Animal_class.head), puppy);
    assert_null (faiss_object_cast (dog, &Puppy_class.animal.head));
    assert_null (faiss_object_cast (NULL, &Puppy_class.animal.head));
    assert_string_equal (faiss_object_class (dog)->name, "Dog");
    faiss_object_free (puppy);
    faiss_object_free (dog);
}

static void a_clone_is_deep_and_of_the_same_class (void **state) {
    (void)state;
    FaissPuppy *puppy = new_puppy (), *clone = NULL;
    assert_ok (faiss_object_clone (&clone, puppy));
    assert_ptr_equal (clone->animal.cls, puppy->animal.cls);
    assert_int_equal (clone->animal.legs, 4);
    assert_string_equal (clone->dog.name, "Rex");
    assert_string_equal (clone->toy, "ball");
    assert_ptr_not_equal (clone->toy, puppy->toy);
    faiss_object_free (puppy);
    faiss_object_free (clone);
    assert_fails (faiss_object_clone (&clone, NULL), "NULL");
}

static void a_clone_that_fails_leaves_nothing_behind (void **state) {
    (void)state;
    FaissPuppy *puppy = new_puppy ();
    int n = 0;
    FOR_EACH_FAILING_ALLOCATION (i, 1) {
        FaissPuppy *clone = puppy;
        FaissStatus status = faiss_object_clone (&clone, puppy);
        failing_stop ();
        if (!failing_happened ()) {
            assert_ok (status);
            faiss_object_free (clone);
            assert_int_equal (n, 3);
            break;
        }
        assert_int_equal (status, FAISS_STD_EXCEPT);
        assert_ptr_equal (clone, puppy);
        n++;
    }
    faiss_object_free (puppy);
}

/* a class whose first use is in many threads at once */
static FaissDogClass Late_class = {
    .animal = {.head = {.name = "Late",
                        .parent = &Puppy_class.animal.head,
                        .instance_size = sizeof (FaissPuppy),
                        .table_size = sizeof (FaissDogClass)}},
};

static void *use_late (void *unused) {
    (void)unused;
    FaissPuppy *puppy = NULL;
    if (faiss_object_new (&puppy, &Late_class.animal.head) != FAISS_OK) {
        return "no object";
    }
    const char *complaint = puppy->animal.cls->sound == squeak ? NULL : "a slot is missing";
    free (puppy);
    return (void *)complaint;
}

static void a_class_may_be_used_first_in_several_threads (void **state) {
    (void)state;
    pthread_t threads[8];
    testing_needs_threads ();
    for (int i = 0; i < 8; i++) {
        assert_int_equal (pthread_create (&threads[i], NULL, use_late, NULL), 0);
    }
    for (int i = 0; i < 8; i++) {
        void *complaint;
        pthread_join (threads[i], &complaint);
        assert_null (complaint);
    }
}

TEST_MAIN (cmocka_unit_test (a_missing_slot_is_inherited_at_any_depth),
           cmocka_unit_test (finalizers_run_from_the_class_to_its_root),
           cmocka_unit_test (a_cast_succeeds_upwards_only),
           cmocka_unit_test (a_clone_is_deep_and_of_the_same_class),
           cmocka_unit_test (a_clone_that_fails_leaves_nothing_behind),
           cmocka_unit_test (a_class_may_be_used_first_in_several_threads))

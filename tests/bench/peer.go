// A peer of the benchmark: peer URL PLAYBOOK WIDTH, the same work as people write it in Go.
//
// net/http and encoding/json, structs compared, pages and batches of 100 updates spread over WIDTH
// goroutines. Processes are read once more before they are written, as somebody else may have been
// there, and after it. Prints how many processes it met and how many it updated. The playbook is the
// one of bench-pages, which is JSON.
package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"reflect"
	"strconv"
	"sync"
)

const (
	pageSize  = 500
	batchSize = 100
)

var protocols = map[string]string{"TCP": "1", "UDP": "2"}

// Bind is a row of bind_info, as far as the playbook sets it.
type Bind struct {
	IP       string `json:"ip"`
	Port     string `json:"port"`
	Protocol string `json:"protocol"`
	Enable   bool   `json:"enable"`
}

// Row is a row of bind_info as the platform keeps it.
type Row struct {
	Bind
	TemplateRowID int64 `json:"template_row_id"`
}

// Settings are the fields that the playbook sets.
type Settings struct {
	AutoStart       bool   `json:"auto_start"`
	StartCheckSecs  int64  `json:"bk_start_check_secs"`
	StartParamRegex string `json:"bk_start_param_regex"`
	Description     string `json:"description"`
	FaceStopCmd     string `json:"face_stop_cmd"`
	PidFile         string `json:"pid_file"`
	Priority        int64  `json:"priority"`
	ProcNum         int64  `json:"proc_num"`
	ReloadCmd       string `json:"reload_cmd"`
	RestartCmd      string `json:"restart_cmd"`
	StartCmd        string `json:"start_cmd"`
	StopCmd         string `json:"stop_cmd"`
	Timeout         int64  `json:"timeout"`
	User            string `json:"user"`
	WorkPath        string `json:"work_path"`
}

// Process is a process of a service instance.
type Process struct {
	ID   int64  `json:"bk_process_id"`
	Name string `json:"bk_process_name"`
	Settings
	BindInfo []Row `json:"bind_info"`
}

// fields are the names of what a Process has.
var fields = []string{"bk_process_id", "bk_process_name", "auto_start", "bk_start_check_secs",
	"bk_start_param_regex", "description", "face_stop_cmd", "pid_file", "priority", "proc_num",
	"reload_cmd", "restart_cmd", "start_cmd", "stop_cmd", "timeout", "user", "work_path", "bind_info"}

// Wish is what a process must have.
type Wish struct {
	Settings
	BindInfo []Bind `json:"bind_info"`
}

// Playbook is the part of a playbook that bench-pages writes.
type Playbook struct {
	Instances []struct {
		Where struct {
			Module string `json:"module"`
		} `json:"where"`
		Processes map[string]Wish `json:"processes"`
	} `json:"instances"`
}

// change is an update that a process needs.
type change struct{ was, to Process }

type place struct{ module, process string }

type page struct {
	Count int `json:"count"`
	Info  []struct {
		Module struct {
			Name string `json:"bk_module_name"`
		} `json:"module"`
		Process Process `json:"process"`
	} `json:"info"`
}

type platform struct {
	url    string
	client *http.Client
}

// call makes a call of the platform's bus and decodes its data.
func (p *platform) call(name string, arguments, data any) error {
	body, err := json.Marshal(arguments)
	if err != nil {
		return err
	}
	response, err := p.client.Post(p.url+"/api/c/compapi/v2/cc/"+name+"/", "application/json",
		bytes.NewReader(body))
	if err != nil {
		return err
	}
	defer response.Body.Close()
	answer := struct {
		Result  bool   `json:"result"`
		Message string `json:"message"`
		Data    any    `json:"data"`
	}{Data: data}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return err
	}
	if !answer.Result {
		return fmt.Errorf("%s: %s", name, answer.Message)
	}
	return nil
}

// are makes sure that processes are as they should be.
func (p *platform) are(business int64, should []Process) error {
	ids := make([]int64, len(should))
	for i, process := range should {
		ids[i] = process.ID
	}
	var rows []Process
	if err := p.call("list_process_detail_by_ids", map[string]any{"bk_biz_id": business,
		"bk_process_ids": ids, "fields": fields}, &rows); err != nil {
		return err
	}
	found := map[int64]Process{}
	for _, row := range rows {
		found[row.ID] = row
	}
	for _, process := range should {
		if !reflect.DeepEqual(found[process.ID], process) {
			return fmt.Errorf("somebody else changes %s", process.Name)
		}
	}
	return nil
}

// write makes some changes, if processes are still as they were.
func (p *platform) write(business int64, changes []change) error {
	were, updates := make([]Process, len(changes)), make([]Process, len(changes))
	for i, change := range changes {
		were[i], updates[i] = change.was, change.to
	}
	if err := p.are(business, were); err != nil {
		return err
	}
	if err := p.call("update_process_instance", map[string]any{"bk_biz_id": business,
		"processes": updates}, new(any)); err != nil {
		return err
	}
	return p.are(business, updates)
}

func readWishes(path string) (map[place]Wish, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var playbook Playbook
	if err := json.Unmarshal(text, &playbook); err != nil {
		return nil, err
	}
	wishes := map[place]Wish{}
	for _, rule := range playbook.Instances {
		for name, wish := range rule.Processes {
			for i, bind := range wish.BindInfo {
				wish.BindInfo[i].Protocol = protocols[bind.Protocol]
			}
			wishes[place{rule.Where.Module, name}] = wish
		}
	}
	return wishes, nil
}

func (w Wish) met(process *Process) bool {
	if process.Settings != w.Settings || len(process.BindInfo) != len(w.BindInfo) {
		return false
	}
	for i, bind := range w.BindInfo {
		if process.BindInfo[i].Bind != bind {
			return false
		}
	}
	return true
}

// change gives a process what it must have.
func (w Wish) change(process Process) change {
	to := Process{process.ID, process.Name, w.Settings, append([]Row{}, process.BindInfo...)}
	for i, bind := range w.BindInfo {
		to.BindInfo[i].Bind = bind
	}
	return change{process, to}
}

// inFlight runs work for every number below count, width of them at a time.
func inFlight(width, count int, work func(int)) {
	numbers := make(chan int)
	var workers sync.WaitGroup
	for i := 0; i < width; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for number := range numbers {
				work(number)
			}
		}()
	}
	for number := 0; number < count; number++ {
		numbers <- number
	}
	close(numbers)
	workers.Wait()
}

func main() {
	log.SetFlags(0)
	check := func(err error) {
		if err != nil {
			log.Fatal(err)
		}
	}
	width, err := strconv.Atoi(os.Args[3])
	check(err)
	wishes, err := readWishes(os.Args[2])
	check(err)
	cmdb := platform{os.Args[1], &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: width}}}

	var businesses struct {
		Info []struct {
			ID int64 `json:"bk_biz_id"`
		} `json:"info"`
	}
	check(cmdb.call("search_business", map[string]any{}, &businesses))
	business := businesses.Info[0].ID

	var lock sync.Mutex
	met, changes := 0, []change{}
	read := func(number int) int {
		var rows page
		check(cmdb.call("list_process_related_info", map[string]any{"bk_biz_id": business,
			"page": map[string]any{"start": number * pageSize, "limit": pageSize,
				"sort": "bk_process_id"}}, &rows))
		lock.Lock()
		defer lock.Unlock()
		for _, row := range rows.Info {
			met++
			wish := wishes[place{row.Module.Name, row.Process.Name}]
			if !wish.met(&row.Process) {
				changes = append(changes, wish.change(row.Process))
			}
		}
		return rows.Count
	}
	count := read(0)
	inFlight(width, (count-1)/pageSize, func(number int) { read(number + 1) })

	inFlight(width, (len(changes)+batchSize-1)/batchSize, func(number int) {
		first, last := number*batchSize, (number+1)*batchSize
		if last > len(changes) {
			last = len(changes)
		}
		check(cmdb.write(business, changes[first:last]))
	})
	fmt.Println(met, len(changes))
}
